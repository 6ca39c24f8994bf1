// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { json, refusal } from '../testing/fake-server.js';
import { renderApp } from '../testing/render-app.js';

const CLAIM = 'POST /api/auth/claim';

function open() {
  window.location.hash = 'one-time-token';
  return renderApp('/claim', (server) => {
    server.on('POST /api/auth/refresh', () => refusal(401, 'UNAUTHENTICATED', 'There is no refresh token.'));
    server.on('GET /api/now', () => refusal(503, 'OVERLOADED', 'Not now.'));
  });
}
const first = () => screen.findByLabelText<HTMLInputElement>('Password');
const again = () => screen.getByLabelText<HTMLInputElement>('The same again');
const set = () => screen.getByRole('button', { name: 'Set the password' });

test("a password that the API's schema does not take is not sent: it says so at the field and stays there", async () => {
  const { server, user } = open();
  await first();
  expect(window.location.hash).toBe('');
  await user.click(set());
  await screen.findByText('Must not be empty.');
  expect((await first()).getAttribute('aria-invalid')).toBe('true');
  const long = 'x'.repeat(1025);
  await user.click(await first());
  await user.paste(long);
  await user.click(again());
  await user.paste(long);
  await user.click(set());
  await screen.findByText(/1[,.]?024/);
  expect([(await first()).value, again().value]).toEqual([long, long]);
  expect(server.bodies(CLAIM)).toEqual([]);
});

test('a password that the server refuses stays in the form; one that it takes signs in under the name it gives', async () => {
  const { server, user, address } = open();
  server.on(CLAIM, () => refusal(400, 'PASSWORD_GUESSABLE', 'This password is easy to guess.'));
  await user.type(await first(), 'administrator');
  await user.type(again(), 'administrato');
  await screen.findByText('The two passwords differ.');
  await user.click(set());
  expect(server.bodies(CLAIM)).toEqual([]);
  await user.type(again(), 'r');
  await user.click(set());
  expect((await screen.findByRole('alert')).textContent).toContain('This password is easy to guess.');
  expect([(await first()).value, again().value]).toEqual(['administrator', 'administrator']);
  server.on(CLAIM, () => ({ username: 'root' }));
  server.on('POST /api/auth/login', () =>
    json({ access_token: 'token-2', token_type: 'Bearer', expires_in: 900, user_id: 'u1' }),
  );
  await user.click(set());
  await waitFor(() => expect(address()).toBe('/'));
  expect(server.bodies(CLAIM).at(-1)).toEqual({ token: 'one-time-token', password: 'administrator' });
  expect(server.bodies('POST /api/auth/login')).toEqual([
    { username: 'root', password: 'administrator', client: 'browser' },
  ]);
});
