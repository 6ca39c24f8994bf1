// @vitest-environment happy-dom
import { cleanup, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { json, refusal, type FakeServer } from '../testing/fake-server.js';
import { renderApp } from '../testing/render-app.js';

const session = (id: string, current: boolean) => ({
  id,
  current,
  ip: '203.0.113.7',
  user_agent: 'Browser \u202e<b>x</b>',
  created_at: '2026-11-27T10:00:00.000Z',
  last_used_at: '2026-11-27T10:00:00.000Z',
  expires_at: '2026-12-04T10:00:00.000Z',
});
const prepare = (server: FakeServer): void => {
  server.on('GET /api/auth/sessions', () => ({ items: [session('s1', true), session('s2', false)] }));
  server.on('GET /api/runtime/info', () => ({
    version: '1.0.0',
    backend: 'process',
    max_level: 'permissive',
    unconfined_exec: false,
    not_enforced: ['no limit of memory'],
  }));
};

describe('the account', () => {
  it('says what the server does not enforce, or why that is not known', async () => {
    renderApp('/account', prepare);
    await screen.findByText('no limit of memory', { selector: 'li' });
    cleanup();
    const failing = renderApp('/account', (other) => {
      prepare(other);
      other.on('GET /api/runtime/info', () => refusal(403, 'FORBIDDEN', 'Your role may not see this.'));
    });
    await screen.findByText('Your role may not see this.');
    prepare(failing.server);
    await failing.user.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('no limit of memory', { selector: 'li' });
  });

  it('keeps what was typed when the new password is refused, and empties the form when it is taken', async () => {
    const { server, user } = renderApp('/account', prepare);
    server.on('POST /api/auth/change-password', () =>
      refusal(400, 'PASSWORD_GUESSABLE', 'This password is easy to guess.', { fix: 'Use a longer one.' }),
    );
    await user.type(await screen.findByLabelText('Present password'), 'old password');
    await user.type(screen.getByLabelText('New password'), 'password1234');
    await user.type(screen.getByLabelText('The new one again'), 'password123');
    await screen.findByText('The two passwords differ.');
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    expect(server.bodies('POST /api/auth/change-password')).toEqual([]);
    await user.type(screen.getByLabelText('The new one again'), '4');
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    expect((await screen.findByRole('alert')).textContent).toContain('This password is easy to guess.');
    expect(screen.getByLabelText<HTMLInputElement>('New password').value).toBe('password1234');
    server.on('POST /api/auth/change-password', () => json({ sessions_ended: 1 }));
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    await screen.findByText('The password is changed; 1 other session ended.');
    expect(screen.getByLabelText<HTMLInputElement>('New password').value).toBe('');
  });

  it('ends a session, and reads from the server which are left', async () => {
    const { server, user } = renderApp('/account', prepare);
    server.on('DELETE /api/auth/sessions/s2', () => {
      server.on('GET /api/auth/sessions', () => ({ items: [session('s1', true)] }));
      return json(undefined, 204);
    });
    await user.click(await screen.findByRole('button', { name: 'End the session from 203.0.113.7' }));
    await waitFor(() => expect(screen.queryByRole('button', { name: /^End the session/ })).toBeNull());
    expect(document.querySelector('li b')).toBeNull();
    expect(screen.getAllByText('RLO')).toHaveLength(1);
  });
});
