// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { json, refusal, type FakeServer } from '../testing/fake-server.js';
import { renderApp } from '../testing/render-app.js';

const signedOut = (server: FakeServer): void =>
  server.on('POST /api/auth/refresh', () => refusal(401, 'UNAUTHENTICATED', 'There is no refresh token.'));
const tokens = { access_token: 'token-2', token_type: 'Bearer', expires_in: 900 };

describe('signing in', () => {
  it('comes back to the page that was asked for', async () => {
    const { server, user, address } = renderApp('/audit?effect=deny', signedOut);
    await screen.findByRole('heading', { name: 'Sign in' });
    expect(address()).toBe('/login?to=%2Faudit%3Feffect%3Ddeny');
    server.on('POST /api/auth/login', () => tokens);
    await user.type(screen.getByLabelText('Username'), 'admin');
    await user.type(screen.getByLabelText('Password'), 'a long password');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await screen.findByRole('heading', { name: 'Audit' });
    expect(address()).toBe('/audit?effect=deny');
    expect(server.bodies('POST /api/auth/login')).toEqual([
      { username: 'admin', password: 'a long password', client: 'browser' },
    ]);
  });

  it("what the API's schema does not take is not sent, says so at its field, and stays", async () => {
    const { server, user } = renderApp('/login', signedOut);
    await user.type(await screen.findByLabelText('Username'), 'admin');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await screen.findByText('Must not be empty.');
    expect(screen.getByLabelText('Password').getAttribute('aria-invalid')).toBe('true');
    const name = screen.getByLabelText<HTMLInputElement>('Username');
    expect([name.value, name.getAttribute('aria-invalid')]).toEqual(['admin', null]);
    expect(server.bodies('POST /api/auth/login')).toEqual([]);
    server.on('POST /api/auth/login', () => tokens);
    await user.type(screen.getByLabelText('Password'), 'a long password{Enter}');
    await waitFor(() => expect(server.bodies('POST /api/auth/login')).toHaveLength(1));
  });

  it('shows why it was refused, and keeps what was typed', async () => {
    const { server, user } = renderApp('/login', signedOut);
    server.on('POST /api/auth/login', () =>
      json({ error: 'Too many attempts.', code: 'TOO_MANY_ATTEMPTS', request_id: 'r' }, 429, {
        'retry-after': '30',
      }),
    );
    await user.type(await screen.findByLabelText('Username'), 'admin');
    await user.type(screen.getByLabelText('Password'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('Too many attempts.');
    expect(alert.textContent).toContain('Wait 30 seconds.');
    expect(screen.getByLabelText<HTMLInputElement>('Password').value).toBe('wrong');
  });

  it('a session that ends while a page is open leads to the login page and back', async () => {
    const { server, services, user, address } = renderApp('/account');
    await screen.findByRole('heading', { name: 'Account' });
    signedOut(server);
    server.on('GET /api/auth/me', () => refusal(401, 'TOKEN_EXPIRED', 'The token has expired.'));
    await services.api.GET('/api/auth/me').catch(() => undefined);
    await screen.findByText('Your session has ended.');
    server.on('POST /api/auth/login', () => tokens);
    server.on('POST /api/auth/refresh', () => tokens);
    await user.type(screen.getByLabelText('Username'), 'admin');
    await user.type(screen.getByLabelText('Password'), 'a long password');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await screen.findByRole('heading', { name: 'Account' });
    expect(address()).toBe('/account');
  });

  it('signing out in another tab signs out here, signing in there signs in here', async () => {
    const { channel, address } = renderApp('/account');
    await screen.findByRole('heading', { name: 'Account' });
    channel.hear({ kind: 'signed-out' });
    await screen.findByRole('heading', { name: 'Sign in' });
    channel.hear({ kind: 'token', token: 'token-3', expiresAt: Date.now() + 900_000 });
    await waitFor(() => expect(address()).toBe('/account'));
  });
});
