// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { refusal, type Answer, type FakeServer } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { anAgent, renderApp } from '../testing/render-app.js';

giveHeight(600);

const TIME = '2026-11-27T10:00:00.000Z';
/** How many times something was saved on the person's computer; happy-dom would leave the page for it. */
let saved = 0;
beforeEach(() => {
  saved = 0;
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => void (saved += 1));
});
afterEach(() => vi.restoreAllMocks());

function attach(server: FakeServer): void {
  server.on('GET /api/auth/me', () => ({
    id: 'u1',
    username: 'admin',
    role: 'superadmin',
    session_id: 's1',
    reauthenticated_until: null,
    permissions: ['audit:verify'],
  }));
  server.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
  const message = { id: 'm1', session_key: 'dashboard:main', text: 'Do it.', error: null, result: null };
  server.on('GET /api/agents/a1/messages', () => ({
    items: [{ ...message, state: 'delivered', created_at: TIME }],
  }));
  for (const list of ['audit', 'auth/sessions', 'agents/a1/sessions', 'agents/a1/sessions/dashboard%3Amain'])
    server.on(`GET /api/${list}`, () => ({ items: [] }));
  server.on('GET /api/agents/a1/activity', () => ({ items: [], more: false }));
  server.on('GET /api/agents/a1/workspace/workspace', () => ({ items: [], truncated: false }));
}

interface Action {
  readonly name: string;
  readonly path: string;
  readonly button: string;
  readonly route: string;
  readonly answer: Answer;
  /** What is so when it has worked, and not before. */
  readonly done: () => boolean;
}

const ACTIONS: readonly Action[] = [
  {
    name: 'signing out',
    path: '/account',
    button: 'Sign out',
    route: 'POST /api/auth/logout',
    answer: () => undefined,
    done: () => screen.queryByRole('heading', { name: 'Sign in' }) !== null,
  },
  {
    name: 'an export of the audit log',
    path: '/audit',
    button: 'Export',
    route: 'GET /api/audit/export',
    answer: () => new Response('{}\n'),
    done: () => saved === 1,
  },
  {
    name: 'a check of the audit chain',
    path: '/audit',
    button: 'Verify the chain',
    route: 'GET /api/audit/verify',
    answer: () => ({ outcome: 'intact', rows: 7 }),
    done: () => screen.queryByText('The chain is intact: 7 rows fit together.') !== null,
  },
  {
    name: 'a turn that is stopped',
    path: '/agents/a1/chat',
    button: 'Stop this turn',
    route: 'POST /api/agents/a1/cancel',
    answer: () => ({ cancelled: false }),
    done: () => screen.queryByText('There is no turn to stop any more.') !== null,
  },
  {
    name: 'a download of all files',
    path: '/agents/a1/workspace',
    button: 'Download all',
    route: 'GET /api/agents/a1/workspace-download/workspace',
    answer: () => new Response('zip'),
    done: () => saved === 1,
  },
];

test.each(ACTIONS)(
  '$name that the server refuses says why, does nothing, and works when it is asked again',
  async ({ path, button, route, answer, done }) => {
    const { server, user, address } = renderApp(path, (fake) => {
      attach(fake);
      fake.on(route, () => refusal(503, 'OVERLOADED', 'This is too much now.', { fix: 'Come back later.' }));
    });
    await user.click(await screen.findByRole('button', { name: button }));
    const alert = (await screen.findByText('This is too much now.')).closest('[role=alert]');
    expect(alert?.textContent).toContain('Come back later.');
    expect([done(), address()]).toEqual([false, path]);
    server.on(route, answer);
    await user.click(
      screen.queryByRole('button', { name: button }) ?? screen.getByRole('button', { name: 'Try again' }),
    );
    await waitFor(() => expect(done()).toBe(true));
    expect(screen.queryByText('This is too much now.')).toBeNull();
  },
);

test.each([
  ['broken', 12, 'The chain is broken at row 12.'],
  ['truncated', undefined, 'The chain is truncated.'],
])('a chain that is %s is never said to be intact', async (outcome, seq, title) => {
  const { user } = renderApp('/audit', (fake) => {
    attach(fake);
    fake.on('GET /api/audit/verify', () => ({ outcome, seq, reason: 'A hash does not fit.' }));
  });
  await user.click(await screen.findByRole('button', { name: 'Verify the chain' }));
  const alert = (await screen.findByText(title)).closest('[role=alert]');
  expect(alert?.textContent).toContain('A hash does not fit.');
  expect(alert?.textContent).toContain('Keep the database as it is');
  expect(screen.queryByText(/intact/)).toBeNull();
});

test('an agent that the server does not stop is shown as it is, with the reason, and is stopped when asked again', async () => {
  const STOP = 'POST /api/agents/a1/stop';
  const { server, user } = renderApp('/agents/a1/logs', (fake) => {
    attach(fake);
    fake.on(STOP, () => refusal(503, 'OVERLOADED', 'This is too much now.', { fix: 'Come back later.' }));
  });
  await user.click(await screen.findByRole('button', { name: 'Stop Researcher' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('This is too much now.');
  expect(dialog.textContent).toContain('Come back later.');
  screen.getByText('Running');
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  screen.getByText('Running');
  server.on(STOP, () => anAgent({ updated_at: '2026-11-27T11:00:00.000Z' }));
  await user.click(screen.getByRole('button', { name: 'Stop Researcher' }));
  await screen.findByRole('button', { name: 'Start Researcher' });
  expect(server.bodies(STOP)).toHaveLength(2);
});
