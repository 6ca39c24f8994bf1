import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';

interface Browser {
  readonly socket: Socket;
  /** What came, as `[name, body]`. */
  readonly heard: [string, Record<string, unknown>][];
  /** The code of the last `bye`, once the socket is gone. */
  readonly ended: Promise<unknown>;
  watch(agent_id: string, after?: number): Promise<{ ok: boolean; code?: string; gap?: boolean }>;
}

let test: TestPlane;
let count = 0;
const open: Socket[] = [];

beforeAll(async () => {
  test = await startTestPlane({ env: { CORS_ORIGINS: 'https://dash.example' } });
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect();
});
afterAll(() => test.remove());

async function signedIn(
  role: 'viewer' | 'admin' | 'superadmin' = 'admin',
): Promise<{ id: string; name: string; token: string; agent: string }> {
  count += 1;
  const name = `watcher-${count}`;
  const id = await test.user(name, role);
  const { access: token } = await test.login(name);
  const agent = await test.core.storage.agents.create({
    name: 'watched',
    ownerUserId: id,
    mode: 'process',
    level: 'permissive',
  });
  return { id, name, token, agent: agent.id };
}

async function ticketOf(token: string): Promise<string> {
  return (await test.call('POST', '/api/auth/stream-token', { token })).body.ticket as string;
}

function connect(
  auth: object,
  options: { namespace?: string; origin?: string; transport?: string } = {},
): Socket {
  const socket = io(`${test.url}${options.namespace ?? '/ui'}`, {
    path: '/api/control/ws',
    transports: [options.transport ?? 'websocket'],
    auth: auth as Record<string, unknown>,
    forceNew: true,
    reconnection: false,
    ...(options.origin === undefined ? {} : { extraHeaders: { origin: options.origin } }),
  });
  open.push(socket);
  return socket;
}

/** `connected`, or the code of the refusal. */
function outcomeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error: Error & { data?: { code?: number } }) =>
      resolve(error.data?.code ?? 'refused'),
    );
  });
}

async function browser(token: string): Promise<Browser> {
  const socket = connect({ ticket: await ticketOf(token) });
  const heard: Browser['heard'] = [];
  socket.onAny((name: string, body: Record<string, unknown>) => heard.push([name, body]));
  const ended = new Promise((resolve) =>
    socket.once('disconnect', () => resolve(heard.findLast(([name]) => name === 'bye')?.[1]['code'])),
  );
  expect(await outcomeOf(socket)).toBe('connected');
  return {
    socket,
    heard,
    ended,
    watch: (agent_id, after) =>
      socket.timeout(5000).emitWithAck('watch', { agent_id, ...(after === undefined ? {} : { after }) }),
  };
}

async function happens(agent: string, content: string): Promise<void> {
  const event = await test.core.storage.events.record(agent, { event_type: 'error', content });
  test.core.feed.publish(agent, { kind: 'event', event });
}

/** An open activity stream; `ended` resolves with its text. */
async function stream(token: string, agent: string): Promise<{ ended: Promise<string> }> {
  const response = await fetch(`${test.url}/api/agents/${agent}/logs`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return { ended: response.text().catch(() => 'cut') };
}

const within = <T>(promise: Promise<T>, ms: number): Promise<T | 'still open'> =>
  Promise.race([
    promise,
    new Promise<'still open'>((resolve) => setTimeout(resolve, ms, 'still open').unref()),
  ]);

describe('the ticket of the browser socket', () => {
  it('works once', async () => {
    const ticket = await ticketOf((await signedIn()).token);
    expect(await outcomeOf(connect({ ticket }))).toBe('connected');
    expect(await outcomeOf(connect({ ticket }))).toBe(4401);
  });

  it('works once in a race of ten', async () => {
    const ticket = await ticketOf((await signedIn()).token);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(connect({ ticket }))));
    expect(outcomes.filter((outcome) => outcome === 'connected')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 4401)).toHaveLength(9);
  });

  it('is the only way in: no access token, nothing else', async () => {
    const { token } = await signedIn();
    for (const auth of [{}, { ticket: token }, { token }, { ticket: 7 }, { ticket: 'nonsense' }])
      expect([auth, await outcomeOf(connect(auth))]).toEqual([auth, 4401]);
  });

  it('is worth nothing when the session has ended meanwhile', async () => {
    const { token } = await signedIn();
    const ticket = await ticketOf(token);
    const [session] = (await test.call('GET', '/api/auth/sessions', { token })).body.items as {
      id: string;
    }[];
    await test.core.storage.sessions.revoke(session?.id ?? '', 'test');
    expect(await outcomeOf(connect({ ticket }))).toBe(4401);
  });

  it.each([
    ['https://evil.example', 'refused'],
    ['null', 'refused'],
    ['http://localhost.evil.example', 'refused'],
    ['https://dash.example.evil', 'refused'],
    ['https://dash.example:444', 'refused'],
    ['https://dash.example', 'connected'],
    [undefined, 'connected'],
  ])('from the origin %s: %s', async (origin, outcome) => {
    const ticket = await ticketOf((await signedIn()).token);
    expect(await outcomeOf(connect({ ticket }, origin === undefined ? {} : { origin }))).toBe(outcome);
  });

  it('opens /ui only: the main namespace admits nobody, workers do not join here, polling is not served', async () => {
    const { token } = await signedIn();
    for (const namespace of ['/', '/worker', '/other']) {
      const ticket = await ticketOf(token);
      expect([namespace, await outcomeOf(connect({ ticket }, { namespace }))]).not.toContain('connected');
    }
    const ticket = await ticketOf(token);
    expect(await outcomeOf(connect({ ticket }, { transport: 'polling' }))).toBe('refused');
  });
});

describe('watching an agent', () => {
  it('brings live activity, and after a reconnect what was missed, each once and in order', async () => {
    const { token, agent } = await signedIn();
    const first = await browser(token);
    expect(await first.watch(agent)).toEqual({ ok: true, gap: false, last: 0 });
    await happens(agent, 'one');
    await until('the first event', () => first.heard.find(([name]) => name === 'activity'));
    const seen = first.heard.find(([name]) => name === 'activity')?.[1]['id'] as number;
    first.socket.disconnect();
    for (let number = 0; number < 250; number += 1) await happens(agent, `missed ${number}`);
    const second = await browser(token);
    const watching = second.watch(agent, seen);
    // Live ones while the missed ones are read.
    for (let number = 0; number < 20; number += 1) await happens(agent, `live ${number}`);
    expect(await watching).toMatchObject({ ok: true, gap: false });
    const ids = (): number[] =>
      second.heard.filter(([name]) => name === 'activity').map(([, body]) => body['id'] as number);
    await until('all events', () => ids().length >= 270);
    expect(ids()).toEqual([...new Set(ids())].sort((a, b) => a - b));
    expect(ids()).toHaveLength(270);
  });

  it('answers a foreign agent like one that is not there, and tells nothing of it', async () => {
    const mine = await signedIn();
    const other = await signedIn();
    const { watch, heard } = await browser(mine.token);
    const missing = await watch(crypto.randomUUID());
    expect(await watch(other.agent)).toEqual(missing);
    expect(missing).toEqual({ ok: false, code: 'NOT_FOUND' });
    await happens(other.agent, 'secret');
    await watch(mine.agent);
    await happens(mine.agent, 'own');
    await until('the own event', () => heard.some(([name]) => name === 'activity'));
    expect(JSON.stringify(heard)).not.toContain('secret');
  });

  it('ends, as do log streams, when the agent is given to somebody else', async () => {
    const before = await signedIn();
    const after = await signedIn();
    const root = await signedIn('superadmin');
    const { watch, heard } = await browser(before.token);
    await watch(before.agent);
    const { ended } = await stream(before.token, before.agent);
    const { status } = await test.call('PUT', `/api/agents/${before.agent}`, {
      token: root.token,
      body: { owner_user_id: after.id },
    });
    expect(status).toBe(200);
    await until('the loss', () => heard.some(([name]) => name === 'removed'));
    expect(await within(ended, 2000)).not.toBe('still open');
    await happens(before.agent, 'secret');
    expect((await watch(before.agent)).ok).toBe(false);
    expect(JSON.stringify(heard)).not.toContain('secret');
  });

  it('drops a socket that floods the server with questions', async () => {
    const { token, agent } = await signedIn();
    const { socket, ended } = await browser(token);
    for (let number = 0; number < 200; number += 1) socket.emit('watch', { agent_id: agent });
    expect(await within(ended, 3000)).toBe(4429);
  });

  it.each([null, 7, 'x', {}, { agent_id: 7 }, { agent_id: 'x', after: -1 }, { agent_id: 'x', after: 'x' }])(
    'survives the frame %j',
    async (frame) => {
      const { token, agent } = await signedIn();
      const { socket, watch } = await browser(token);
      socket.emit('watch', frame);
      socket.emit('unwatch', frame);
      expect(await watch(agent)).toEqual({ ok: true, gap: false, last: 0 });
    },
  );
});

describe('what is open ends with the session', () => {
  type Person = Awaited<ReturnType<typeof signedIn>>;
  const sessionId = async (token: string): Promise<string> => {
    const items = (await test.call('GET', '/api/auth/sessions', { token })).body.items as {
      id: string;
      current: boolean;
    }[];
    return items.find(({ current }) => current)?.id ?? '';
  };

  it.each<[string, (person: Person) => Promise<unknown>]>([
    [
      'another session changes the password',
      async ({ name }) => {
        const { access } = await test.login(name);
        const changed = await test.call('POST', '/api/auth/change-password', {
          token: access,
          body: { current_password: PASSWORD, new_password: `${crypto.randomUUID()} new` },
        });
        expect(changed.body).toEqual({ sessions_ended: 1 });
      },
    ],
    [
      'another session ends it',
      async ({ name, token }) => {
        const { access } = await test.login(name);
        await test.call('DELETE', `/api/auth/sessions/${await sessionId(token)}`, { token: access });
      },
    ],
    [
      'the command line resets the password',
      async ({ id }) => {
        const user = await test.core.storage.users.get(id);
        if (user) await test.core.auth.setPassword(user, PASSWORD, 'a test', 'password_reset');
      },
    ],
    [
      'the database revokes it',
      async ({ token }) => {
        await test.core.storage.sessions.revoke(await sessionId(token), 'test');
      },
    ],
    ['the user gets another role', ({ id }) => test.core.storage.users.update(id, { role: 'viewer' })],
    ['the user is disabled', ({ id }) => test.core.storage.users.update(id, { disabled: true })],
    ['the user is deleted', ({ id }) => test.core.storage.users.remove(id)],
  ])('within five seconds after %s', async (_what, change) => {
    const person = await signedIn();
    const { ended: socketEnded } = await browser(person.token);
    const { ended: streamEnded } = await stream(person.token, person.agent);
    const bystander = await signedIn();
    const other = await browser(bystander.token);
    await change(person);
    expect(await within(socketEnded, 5000)).toBe(4401);
    expect(await within(streamEnded, 1000)).not.toBe('still open');
    expect(other.socket.connected).toBe(true);
  });

  it('but the session that changes the password keeps what it has open', async () => {
    const { token, agent } = await signedIn();
    const { socket, watch } = await browser(token);
    const { status } = await test.call('POST', '/api/auth/change-password', {
      token,
      body: { current_password: PASSWORD, new_password: `${crypto.randomUUID()} new` },
    });
    expect(status).toBe(200);
    expect((await watch(agent)).ok).toBe(true);
    expect(socket.connected).toBe(true);
  });
});
