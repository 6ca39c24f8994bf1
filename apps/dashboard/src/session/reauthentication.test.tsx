// @vitest-environment happy-dom
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { unwrap } from '../api/api-client.js';
import { createServices, ServicesProvider, useApi } from '../app/services.js';
import {
  createFakeChannel,
  createFakeServer,
  json,
  refusal,
  type FakeServer,
} from '../testing/fake-server.js';
import { ConfigServer } from '../testing/config-server.js';
import { renderApp } from '../testing/render-app.js';
import { ReauthenticationProvider, useReauthentication } from './reauthentication.js';

configure({ asyncUtilTimeout: 20_000 });
afterEach(cleanup);

function Loosen() {
  const api = useApi();
  const withPassword = useReauthentication();
  const [outcome, setOutcome] = useState('');
  const run = async (): Promise<void> => {
    await withPassword(async () =>
      unwrap(await api.PATCH('/api/agents/{id}/config', { params: { path: { id: 'a1' } }, body: {} })),
    ).then(
      () => setOutcome('saved'),
      (error: unknown) => setOutcome((error as Error).message),
    );
  };
  return (
    <>
      <button onClick={() => void run()}>Loosen</button>
      <output>{outcome}</output>
    </>
  );
}

function open(): FakeServer {
  const server = createFakeServer();
  let confirmed = false;
  server.on('PATCH /api/agents/a1/config', () =>
    confirmed ? json({}) : refusal(401, 'REAUTHENTICATION_REQUIRED', 'This needs your password.'),
  );
  server.on('POST /api/auth/reauthenticate', async (request) => {
    if (((await request.json()) as { password: string }).password !== 'right')
      return refusal(401, 'CREDENTIALS_INVALID', 'The password is not right.');
    confirmed = true;
    return json(undefined, 204);
  });
  const services = createServices({
    send: server.send,
    openChannel: createFakeChannel,
    openSocket: server.openSocket,
    startOver: () => undefined,
  });
  render(
    <ServicesProvider services={services}>
      <QueryClientProvider client={services.queries}>
        <ReauthenticationProvider>
          <Loosen />
        </ReauthenticationProvider>
      </QueryClientProvider>
    </ServicesProvider>,
  );
  return server;
}

const field = () => screen.getByLabelText<HTMLInputElement>('Password');
const described = (input: HTMLInputElement): string => input.getAttribute('aria-describedby') ?? '';

describe('a change that loosens safety', () => {
  it('asks for the password, says when it is wrong, and then runs once more', async () => {
    const user = userEvent.setup();
    const server = open();
    await user.click(screen.getByText('Loosen'));
    await user.type(await screen.findByLabelText('Password'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Confirm' }));
    // At its field, read out, and without a second place that says the same.
    expect((await screen.findByRole('alert')).textContent).toBe('The password is not right.');
    expect([field().value, field().getAttribute('aria-invalid')]).toEqual(['wrong', 'true']);
    expect(document.getElementById(described(field()))?.textContent).toBe('The password is not right.');
    await user.clear(field());
    await user.type(field(), 'right');
    await user.click(screen.getByRole('button', { name: 'Confirm' }));
    await screen.findByText('saved');
    expect(server.asked.filter((asked) => asked.startsWith('PATCH'))).toHaveLength(2);
    // A wrong password is no reason for another token.
    expect(server.asked.filter((asked) => asked.includes('refresh'))).toHaveLength(1);
  });

  it('declined, it changes nothing and says so', async () => {
    const user = userEvent.setup();
    const server = open();
    await user.click(screen.getByText('Loosen'));
    await screen.findByLabelText('Password');
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await screen.findByText('Nothing was changed.');
    expect(server.asked.filter((asked) => asked.startsWith('PATCH'))).toHaveLength(1);
  });

  it('says how long to wait when too many were wrong, and keeps what was typed', async () => {
    const user = userEvent.setup();
    const server = open();
    await user.click(screen.getByText('Loosen'));
    await user.type(await screen.findByLabelText('Password'), 'right');
    server.on('POST /api/auth/reauthenticate', () =>
      json({ error: 'Too many attempts.', code: 'TOO_MANY_ATTEMPTS', request_id: 'r' }, 429, {
        'retry-after': '29.2',
      }),
    );
    await user.click(screen.getByRole('button', { name: 'Confirm' }));
    const { textContent } = await screen.findByRole('alert');
    expect(textContent).toContain('Too many attempts.');
    expect(textContent).toContain('Wait 30 seconds.');
    // The password may be right: its field is not marked.
    expect([field().value, field().getAttribute('aria-invalid')]).toEqual(['right', null]);
    expect(server.asked.filter((asked) => asked.startsWith('PATCH'))).toHaveLength(1);
  });

  it('an empty or endless password is not sent: the field says why', async () => {
    const user = userEvent.setup();
    const server = open();
    await user.click(screen.getByText('Loosen'));
    await user.click(await screen.findByRole('button', { name: 'Confirm' }));
    await screen.findByText('Must not be empty.');
    const long = 'x'.repeat(1025);
    await user.click(field());
    await user.paste(long);
    await user.click(screen.getByRole('button', { name: 'Confirm' }));
    await screen.findByText('Must have at most 1024 characters.');
    expect([field().value, field().getAttribute('aria-invalid')]).toEqual([long, 'true']);
    expect(server.bodies('POST /api/auth/reauthenticate')).toEqual([]);
  });

  it('a password that counts no more when the change is sent again is said, and asked for anew', async () => {
    const user = userEvent.setup();
    const server = open();
    server.on('POST /api/auth/reauthenticate', () => json(undefined, 204));
    await user.click(screen.getByText('Loosen'));
    await user.type(await screen.findByLabelText('Password'), 'right{Enter}');
    await screen.findByText('This needs your password.');
    expect(server.asked.filter((asked) => asked.startsWith('PATCH'))).toHaveLength(2);
    server.on('PATCH /api/agents/a1/config', () => json({}));
    await user.click(screen.getByText('Loosen'));
    await screen.findByText('saved');
  });
});

it('a session that ends while the password is given leaves the question as it is, for the next session', async () => {
  const state = new ConfigServer();
  state.needsPassword = true;
  const { server, user } = renderApp('/agents/a1/settings?section=security', (fake) => state.attach(fake));
  await user.click(await screen.findByRole('radio', { name: 'Power' }));
  await user.click(screen.getByRole('button', { name: 'Apply' }));
  await user.type(await screen.findByLabelText('Password'), 'correct horse');
  server.on('POST /api/auth/reauthenticate', () => refusal(401, 'TOKEN_EXPIRED', 'The token has expired.'));
  server.on('POST /api/auth/refresh', () => refusal(401, 'REFRESH_REVOKED', 'The session was ended.'));
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  const again = within(await screen.findByRole('dialog', { name: 'Sign in' }));
  const tokens = { access_token: 'token-2', token_type: 'Bearer', expires_in: 900, user_id: 'u1' };
  server.on('POST /api/auth/login', () => tokens);
  server.on('POST /api/auth/refresh', () => tokens);
  await user.type(await again.findByLabelText('Username'), 'admin');
  await user.type(again.getByLabelText('Password'), 'a long password{Enter}');
  await waitFor(() => expect(screen.queryByText('Your session has ended.')).toBeNull());
  expect([field().value, state.version]).toEqual(['correct horse', 3]);
  state.attach(server);
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(server.bodies('POST /api/auth/reauthenticate').at(-1)).toEqual({ password: 'correct horse' });
  expect(state.config).toEqual({ security: { docker: { level: 'privileged' } } });
});
