// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Session } from '../api/api-types.js';
import type { paths } from '../api/generated/api.js';
import { json, refusal, type FakeServer } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { renderApp } from '../testing/render-app.js';

// The shapes are those of the API's document: one that changes there is found here.
type Ended = paths['/api/auth/sessions']['delete']['responses'][200]['content']['application/json'];
type Changed = paths['/api/auth/change-password']['post']['responses'][200]['content']['application/json'];

giveHeight(600);

const session = (id: string, current: boolean): Session => ({
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

  it('of 1,000 sessions few exist in the page, and all are counted', async () => {
    renderApp('/account', (server) => {
      prepare(server);
      server.on('GET /api/auth/sessions', () => ({
        items: Array.from({ length: 1000 }, (_, index) => session(`s${index}`, index === 0)),
      }));
    });
    const list = within(await screen.findByRole('group', { name: 'Your sessions' }));
    const rows = await list.findAllByRole('listitem');
    expect(rows.length).toBeLessThan(60);
    expect(rows[0]?.getAttribute('aria-setsize')).toBe('1000');
    expect(rows[0]?.textContent).toContain('This one');
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
    server.on('POST /api/auth/change-password', () => json({ sessions_ended: 1 } satisfies Changed));
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    await screen.findByText('The password is changed; 1 other session ended.');
    expect(screen.getByLabelText<HTMLInputElement>('New password').value).toBe('');
  });

  it('a wrong present password is said in the form and ends no session of this browser', async () => {
    const { server, user, address } = renderApp('/account', prepare);
    server.on('POST /api/auth/change-password', () =>
      refusal(401, 'CREDENTIALS_INVALID', 'The password is not right.'),
    );
    await user.type(await screen.findByLabelText('Present password'), 'wrong');
    await user.type(screen.getByLabelText('New password'), 'a new long password');
    await user.type(screen.getByLabelText('The new one again'), 'a new long password');
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    expect((await screen.findByRole('alert')).textContent).toContain('The password is not right.');
    expect(server.bodies('POST /api/auth/change-password')).toEqual([
      { current_password: 'wrong', new_password: 'a new long password' },
    ]);
    // Neither another token nor the login page: the session is fine.
    expect(server.asked.filter((asked) => asked.includes('/refresh'))).toHaveLength(1);
    expect(address()).toBe('/account');
    expect(screen.getByLabelText<HTMLInputElement>('New password').value).toBe('a new long password');
  });

  it("what the API's schema does not take of the passwords stands at its field, and nothing is sent", async () => {
    const { server, user } = renderApp('/account', prepare);
    await user.type(await screen.findByLabelText('Present password'), 'old password');
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    await screen.findByText('Must not be empty.');
    expect(screen.getByLabelText('New password').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByLabelText<HTMLInputElement>('Present password').value).toBe('old password');
    expect(server.bodies('POST /api/auth/change-password')).toEqual([]);
  });

  it('ends all other sessions at once; a session that could not be ended stays and the reason is said', async () => {
    const { server, user } = renderApp('/account', prepare);
    server.on('DELETE /api/auth/sessions/s2', () => refusal(503, 'OVERLOADED', 'Not now.'));
    await user.click(await screen.findByRole('button', { name: 'End the session from 203.0.113.7' }));
    await screen.findByText('Not now.');
    screen.getByRole('button', { name: 'End the session from 203.0.113.7' });
    const ended: Ended = { ended: 1 };
    server.on('DELETE /api/auth/sessions', () => {
      server.on('GET /api/auth/sessions', () => ({ items: [session('s1', true)] }));
      return ended;
    });
    await user.click(screen.getByRole('button', { name: 'End all others' }));
    await waitFor(() => expect(screen.queryByRole('button', { name: /^End/ })).toBeNull());
    screen.getByText('This one');
    expect(screen.queryByText('Not now.')).toBeNull();
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
