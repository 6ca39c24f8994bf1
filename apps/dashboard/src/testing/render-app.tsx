import { createMemoryHistory } from '@tanstack/react-router';
import { cleanup, configure, render } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { afterEach, vi } from 'vitest';
import type { Agent } from '../api/api-types.js';
import { App } from '../app/app.js';
import { createAppRouter } from '../app/router.js';
import { createServices, type Services } from '../app/services.js';
import { createFakeChannel, createFakeServer, type FakeServer } from './fake-server.js';

/** The whole dashboard in a test: everything is real but the network. */
export interface RenderedApp {
  readonly server: FakeServer;
  readonly services: Services;
  readonly user: UserEvent;
  readonly channel: ReturnType<typeof createFakeChannel>;
  /** How many times the page wanted to be loaded anew. */
  readonly startedOver: () => number;
  readonly router: ReturnType<typeof createAppRouter>;
  /** Path and search of the address bar. */
  readonly address: () => string;
}

/** Opens the dashboard at a path; `prepare` sets the answers of the server before the first request. */
export function renderApp(
  path: string,
  prepare: (server: FakeServer) => void = () => undefined,
): RenderedApp {
  const server = createFakeServer();
  prepare(server);
  const channel = createFakeChannel();
  let startedOver = 0;
  const services = createServices({
    send: server.send,
    openChannel: () => channel,
    openSocket: server.openSocket,
    startOver: () => void (startedOver += 1),
  });
  // As the product reads, but that a test need not wait for more attempts.
  const defaults = services.queries.getDefaultOptions();
  services.queries.setDefaultOptions({ ...defaults, queries: { ...defaults.queries, retry: false } });
  const router = createAppRouter(createMemoryHistory({ initialEntries: [path] }));
  void services.session.restore();
  render(<App services={services} router={router} />);
  return {
    server,
    services,
    channel,
    router,
    user: userEvent.setup(),
    startedOver: () => startedOver,
    address: () => router.state.location.href,
  };
}

/** An agent as the API would show it. */
export function anAgent(changes: Partial<Agent> = {}): Agent {
  return { ...AGENT, ...changes };
}

const AGENT: Agent = {
  id: 'a1',
  name: 'Researcher',
  description: '',
  color: null,
  status: 'stopped',
  desired: 'stopped',
  reason: null,
  since: '2026-11-27T10:00:00.000Z',
  mode: 'process',
  level: 'permissive',
  running_level: null,
  image: null,
  attested: 'none',
  epoch: 0,
  owner: { id: 'u1', username: 'admin' },
  is_demo: false,
  unsafe: [],
  last_refusal: null,
  refusals_last_hour: 0,
  created_at: '2026-11-27T10:00:00.000Z',
  updated_at: '2026-11-27T10:00:00.000Z',
};

// Pages are loaded when they are visited, on a machine that has other things to do. A test waits for several things.
configure({ asyncUtilTimeout: 20_000 });
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanup);
