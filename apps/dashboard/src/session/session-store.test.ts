// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import type { ApiFailure } from '../api/api-failure.js';
import { json, refusal } from '../testing/fake-server.js';
import type { SessionChannel, SessionNews } from './session-channel.js';
import { SessionStore } from './session-store.js';

/** A browser with several tabs: they hear each other and take turns, and each refresh token works once. */
function browser() {
  const tabs: ((news: SessionNews) => void)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let issued = 0;
  const state = { refreshes: 0, logins: 0, ended: false, down: false, now: 1_000_000, userId: 'u1' };
  const asked: string[] = [];
  let held: Promise<void> | undefined;
  /** Holds every renewal back; gives the function that lets them go. */
  const hold = (): (() => void) => {
    let release: () => void = () => undefined;
    held = new Promise((resolve) => (release = resolve));
    return release;
  };
  let startedOver = 0;
  const send = async (request: Request): Promise<Response> => {
    await Promise.resolve();
    if (state.down) throw new TypeError('fetch failed');
    const { pathname } = new URL(request.url);
    asked.push(pathname.split('/').at(-1) ?? '');
    if (pathname.endsWith('/logout')) return json(undefined, 204);
    if (pathname.endsWith('/refresh')) {
      state.refreshes += 1;
      await held;
      if (state.ended) return refusal(401, 'REFRESH_REVOKED', 'The session was ended.');
    } else state.logins += 1;
    issued += 1;
    return json({
      access_token: `token-${issued}`,
      token_type: 'Bearer',
      expires_in: 900,
      user_id: state.userId,
    });
  };
  const tab = (): SessionStore => {
    let own: ((news: SessionNews) => void) | undefined;
    const channel: SessionChannel = {
      tell: (news) => tabs.filter((listener) => listener !== own).forEach((listener) => listener(news)),
      listen: (listener) => {
        own = listener;
        tabs.push(listener);
        return () => undefined;
      },
      alone: (task) => {
        const mine = turn.then(task, task);
        turn = mine.catch(() => undefined);
        return mine;
      },
    };
    return new SessionStore({
      send,
      channel,
      now: () => state.now,
      startOver: () => void (startedOver += 1),
    });
  };
  return { state, asked, hold, tab, startedOver: () => startedOver };
}

describe('the session of a tab', () => {
  it('is restored with the cookie, and its token is used until shortly before its end', async () => {
    const { state, tab } = browser();
    const session = tab();
    await session.restore();
    expect(session.state).toEqual({ kind: 'signed-in' });
    expect(await session.token()).toBe('token-1');
    state.now += 869_000;
    expect(await session.token()).toBe('token-1');
    state.now += 2_000;
    expect(await session.token()).toBe('token-2');
    expect(state.refreshes).toBe(2);
  });

  it('many requests at once renew once', async () => {
    const { state, tab } = browser();
    const session = tab();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => session.token()));
    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(state.refreshes).toBe(1);
  });

  it('two tabs that need a token at once use one refresh token, so that neither looks like a thief', async () => {
    const { state, tab } = browser();
    const [first, second] = [tab(), tab()];
    await Promise.all([first.restore(), second.restore()]);
    state.now += 890_000;
    expect(await Promise.all([first.token(), second.token()])).toEqual(['token-2', 'token-2']);
    expect(state.refreshes).toBe(2);
  });

  it('a token that the server refuses is replaced once, not in a loop', async () => {
    const { state, tab } = browser();
    const session = tab();
    const token = await session.token();
    expect(await session.tokenInsteadOf(token)).toBe('token-2');
    expect(await session.tokenInsteadOf(token)).toBe('token-2');
    expect(state.refreshes).toBe(2);
  });

  it('says that it has expired only to somebody who was signed in', async () => {
    const { state, tab } = browser();
    state.ended = true;
    const stranger = tab();
    await stranger.restore();
    expect(stranger.state).toEqual({ kind: 'signed-out' });
    state.ended = false;
    const session = tab();
    await session.restore();
    state.ended = true;
    state.now += 900_000;
    await expect(session.token()).rejects.toMatchObject({ code: 'REFRESH_REVOKED' });
    expect(session.state).toEqual({ kind: 'expired' });
    // Whoever held the refused token, too, hears that there is no other, and the page still waits.
    await expect(session.tokenInsteadOf('token-1')).rejects.toMatchObject({ code: 'REFRESH_REVOKED' });
    expect(session.state).toEqual({ kind: 'expired' });
  });

  it('expired, it asks for no token; who needs one gets that of the next session of the same person', async () => {
    const { state, tab, startedOver } = browser();
    const [session, other] = [tab(), tab()];
    await session.restore();
    state.ended = true;
    state.now += 900_000;
    await expect(session.token()).rejects.toMatchObject({ code: 'REFRESH_REVOKED' });
    const { refreshes } = state;
    const waiting = [session.token(), session.token()];
    await expect(Promise.race([...waiting, Promise.resolve('waits')])).resolves.toBe('waits');
    expect(state.refreshes).toBe(refreshes);
    await other.login('admin', 'a long password');
    expect(await Promise.all(waiting)).toEqual(['token-2', 'token-2']);
    expect([session.state.kind, startedOver()]).toEqual(['signed-in', 0]);
  });

  it('expired and then signed out, it refuses whoever waits', async () => {
    const { state, tab } = browser();
    const [session, other] = [tab(), tab()];
    await session.restore();
    state.ended = true;
    state.now += 900_000;
    await expect(session.token()).rejects.toMatchObject({ code: 'REFRESH_REVOKED' });
    const waiting = session.token();
    await other.logout();
    await expect(waiting).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(session.state).toEqual({ kind: 'signed-out' });
  });

  it.each(['here', 'in another tab', 'by the cookie'])(
    'with another person, signed in %s, a tab starts over and gives nobody a token',
    async (where) => {
      const { state, tab, startedOver } = browser();
      const session = tab();
      await session.restore();
      state.userId = 'u2';
      state.now += 900_000;
      const given: string[] = [];
      if (where === 'here') void session.login('other', 'a long password').then(() => given.push('login'));
      else if (where === 'in another tab') await tab().login('other', 'a long password');
      void session.token().then((token) => given.push(token));
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect([session.state.kind, startedOver(), given]).toEqual(['starting', 1, []]);
    },
  );

  it('a server that is away signs nobody out', async () => {
    const { state, tab } = browser();
    const session = tab();
    await session.restore();
    state.down = true;
    state.now += 900_000;
    await expect(session.token()).rejects.toMatchObject({
      code: 'UNREACHABLE',
    } satisfies Partial<ApiFailure>);
    expect(session.state.kind).toBe('signed-in');
    const late = tab();
    await late.restore();
    expect(late.state).toMatchObject({ kind: 'unreachable' });
  });

  it.each(['this tab', 'another tab'])(
    'signing out waits for a renewal that %s has on its way, and nobody is signed in by its answer',
    async (where) => {
      const { state, asked, hold, tab } = browser();
      const [first, second] = [tab(), tab()];
      await first.restore();
      const release = hold();
      state.now += 890_000;
      const renewed = (where === 'this tab' ? first : second).token();
      while (state.refreshes < 2) await Promise.resolve();
      const left = first.logout();
      release();
      await Promise.all([renewed, left]);
      expect([first.state, second.state].map(({ kind }) => kind)).toEqual(['signed-out', 'signed-out']);
      expect(asked).toEqual(['refresh', 'refresh', 'logout']);
    },
  );

  it('signing out reaches every tab', async () => {
    const { tab } = browser();
    const [first, second] = [tab(), tab()];
    await first.restore();
    expect(second.state).toEqual({ kind: 'signed-in' });
    await second.logout();
    expect([first.state, second.state].map(({ kind }) => kind)).toEqual(['signed-out', 'signed-out']);
  });
});
