// @vitest-environment happy-dom
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, render, screen } from '@testing-library/react';
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

describe('a change that loosens safety', () => {
  it('asks for the password, says when it is wrong, and then runs once more', async () => {
    const user = userEvent.setup();
    const server = open();
    await user.click(screen.getByText('Loosen'));
    await user.type(await screen.findByLabelText('Password'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Confirm' }));
    expect((await screen.findByRole('alert')).textContent).toContain('The password is not right.');
    await user.clear(screen.getByLabelText('Password'));
    await user.type(screen.getByLabelText('Password'), 'right');
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
});
