// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { UserEvent } from '@testing-library/user-event';
import { json, refusal, type FakeServer } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { anAgent, renderApp, type RenderedApp } from '../testing/render-app.js';

const signedOut = (server: FakeServer): void =>
  server.on('POST /api/auth/refresh', () => refusal(401, 'UNAUTHENTICATED', 'There is no refresh token.'));
const ME = {
  id: 'u1',
  username: 'admin',
  role: 'superadmin',
  session_id: 's1',
  reauthenticated_until: null,
  permissions: [],
};
const tokens = { access_token: 'token-2', token_type: 'Bearer', expires_in: 900, user_id: 'u1' };

/** Signs in where the page asks for it. */
async function signIn(server: FakeServer, user: UserEvent, answer: object = tokens): Promise<void> {
  server.on('POST /api/auth/login', () => answer);
  server.on('POST /api/auth/refresh', () => answer);
  server.on('GET /api/auth/me', () => ME);
  await user.type(await screen.findByLabelText('Username'), 'admin');
  await user.type(screen.getByLabelText('Password', { selector: 'input' }), 'a long password');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
}

/** Ends the session for good; whatever is asked next learns of it. */
function endSession(server: FakeServer): void {
  signedOut(server);
  server.on('GET /api/auth/me', () => refusal(401, 'TOKEN_EXPIRED', 'The token has expired.'));
}

describe('signing in', () => {
  it('comes back to the page that was asked for', async () => {
    const { server, user, address } = renderApp('/audit?effect=deny', signedOut);
    await screen.findByRole('heading', { name: 'Sign in' });
    expect(address()).toBe('/login?to=%2Faudit%3Feffect%3Ddeny');
    server.on('POST /api/auth/login', () => tokens);
    await user.type(screen.getByLabelText('Username'), 'admin');
    await user.type(screen.getByLabelText('Password', { selector: 'input' }), 'a long password');
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

  it('works without a network, for the server may be this machine', async () => {
    const { server, user } = renderApp('/account', signedOut);
    await screen.findByLabelText('Username');
    window.dispatchEvent(new Event('offline'));
    try {
      await signIn(server, user);
      await screen.findByRole('heading', { name: 'Account' });
      await screen.findAllByText('admin');
    } finally {
      window.dispatchEvent(new Event('online'));
    }
  });

  it('a session that ends while a page is open leads to the login page and back', async () => {
    const { server, services, user, address } = renderApp('/account');
    await screen.findByRole('heading', { name: 'Account' });
    endSession(server);
    await services.api.GET('/api/auth/me').catch(() => undefined);
    await screen.findByText('Your session has ended.');
    await signIn(server, user);
    await screen.findByRole('heading', { name: 'Account' });
    expect(address()).toBe('/account');
  });

  it('signing out in another tab signs out here, signing in there signs in here', async () => {
    const { channel, address } = renderApp('/account');
    await screen.findByRole('heading', { name: 'Account' });
    channel.hear({ kind: 'signed-out' });
    await screen.findByRole('heading', { name: 'Sign in' });
    channel.hear({ kind: 'token', token: 'token-3', expiresAt: Date.now() + 900_000, userId: 'u1' });
    await waitFor(() => expect(address()).toBe('/account'));
  });
});

describe('a session that ends while a form is filled in', () => {
  giveHeight(400);
  const CREATE = 'POST /api/agents';
  /** Fills in the dialog for a new agent, and sends it when the session has just ended for good. */
  async function typed(): Promise<RenderedApp> {
    const app = renderApp('/fleet', (server) => {
      server.on('GET /api/agents', () => ({ items: [anAgent({ name: 'Secret plans' })] }));
      server.on('GET /api/runtime/info', () => refusal(404, 'NOT_FOUND', 'Not in this test.'));
      server.on(CREATE, () => refusal(401, 'TOKEN_EXPIRED', 'The token has expired.'));
    });
    const { server, user } = app;
    await user.click(await screen.findByRole('button', { name: 'New agent' }));
    await user.type(await screen.findByLabelText('Name'), 'Half typed');
    signedOut(server);
    await user.keyboard('{Enter}');
    await screen.findByText('Your session has ended.');
    return app;
  }

  it('keeps what was typed under the sign-in, out of reach, and gives the focus back with it', async () => {
    const { server, user, address, startedOver } = await typed();
    expect(screen.getByLabelText<HTMLInputElement>('Name').closest('[inert]')).not.toBeNull();
    expect(document.querySelector('h1')?.closest('[inert]')).not.toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Username')));
    await user.tab({ shift: true });
    expect(document.activeElement?.closest('[inert]')).toBeNull();
    server.on(CREATE, () => json(anAgent({ id: 'a2', name: 'Half typed' }), 201));
    // Half a second after it was opened a dialog of react-aria takes a focus that nobody has, as between this dialog's end
    // and the return of the focus. No person signs in so soon.
    await new Promise((resolve) => setTimeout(resolve, 600));
    await signIn(server, user);
    await waitFor(() => expect(screen.queryByText('Your session has ended.')).toBeNull());
    const name = screen.getByLabelText<HTMLInputElement>('Name');
    expect([name.value, name.closest('[inert]')]).toEqual(['Half typed', null]);
    expect([address(), startedOver()]).toEqual(['/fleet?create=1', 0]);
    await waitFor(() => expect(document.activeElement).toBe(name));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(address()).toBe('/agents/a2/settings?section=model'));
    expect(server.bodies(CREATE)).toHaveLength(2);
  });

  it('reads what is shown again, and only then', async () => {
    const { server, user, services } = await typed();
    const asked = server.asked.length;
    void services.queries.refetchQueries();
    window.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event('online'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.asked.slice(asked)).toEqual([]);
    await signIn(server, user);
    await waitFor(() => expect(server.asked.slice(asked)).toContain('GET /api/agents?limit=200'));
  });

  it('another person finds nothing of it: the page starts over', async () => {
    const { server, user, services, startedOver } = await typed();
    expect(document.body.textContent).toContain('Secret plans');
    await signIn(server, user, { ...tokens, user_id: 'u2' });
    await waitFor(() => expect(startedOver()).toBe(1));
    await waitFor(() => expect(document.body.textContent).not.toContain('Secret plans'));
    expect(screen.queryByDisplayValue('Half typed')).toBeNull();
    expect(services.queries.getQueryCache().getAll()).toEqual([]);
  });

  it('signed out in another tab, nothing of it stays', async () => {
    const { channel, services } = await typed();
    channel.hear({ kind: 'signed-out' });
    await waitFor(() => expect(document.body.textContent).not.toContain('Secret plans'));
    expect(screen.queryByDisplayValue('Half typed')).toBeNull();
    expect(services.queries.getQueryCache().getAll()).toEqual([]);
    await screen.findByRole('heading', { name: 'Sign in' });
    expect(screen.queryByText('Your session has ended.')).toBeNull();
  });
});
