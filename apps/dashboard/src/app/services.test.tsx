// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { renderApp } from '../testing/render-app.js';

afterEach(() => vi.restoreAllMocks());

/** A server that takes a request and never answers, to which the network layer of a browser holds on until it is told off. */
const silent = (request: Request): Promise<never> =>
  new Promise((_, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
  });

/** Lets every deadline that is set end when the test wants. */
function deadlines(): () => void {
  const controllers: AbortController[] = [];
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const controller = new AbortController();
    controllers.push(controller);
    return controller.signal;
  });
  return () => controllers.forEach((one) => one.abort(new DOMException('too late', 'TimeoutError')));
}

test('a tab whose session is not told in time says so and asks again', async () => {
  const end = deadlines();
  const { server, user } = renderApp('/account', (fake) => fake.on('POST /api/auth/refresh', silent));
  await screen.findByRole('status', { name: 'Signing in' });
  end();
  await screen.findByRole('heading', { name: 'Not connected' });
  screen.getByText('The server did not answer.');
  server.on('POST /api/auth/refresh', () => ({
    access_token: 'token-2',
    token_type: 'Bearer',
    expires_in: 900,
    user_id: 'u1',
  }));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('heading', { name: 'Account' });
});

test('a page whose ticket does not come in time is not live, says so, and asks for another', async () => {
  const end = deadlines();
  const { server } = renderApp('/account', (fake) => fake.on('POST /api/auth/stream-token', silent));
  await vi.waitFor(() => expect(server.asked).toContain('POST /api/auth/stream-token'));
  await screen.findByText('Connecting');
  server.on('POST /api/auth/stream-token', () => ({ ticket: 'ticket-2', expires_at: '' }));
  end();
  await screen.findByText('Live');
  expect(server.asked.filter((asked) => asked === 'POST /api/auth/stream-token')).toHaveLength(2);
});
