import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PASSWORD, startTestPlane, type Answer, type TestPlane } from '../server/testing/test-plane.js';

const NEW_PASSWORD = `${crypto.randomUUID()} another one`;

let test: TestPlane;
let count = 0;

/** A fresh user, so that tests do not share the limiter or sessions. */
async function freshUser(
  role: 'viewer' | 'admin' | 'superadmin' = 'admin',
): Promise<{ name: string; id: string }> {
  count += 1;
  const name = `user-${count}`;
  return { name, id: await test.user(name, role) };
}

const me = (token: string): Promise<Answer> => test.call('GET', '/api/auth/me', { token });
const refresh = (refresh_token: string): Promise<Answer> =>
  test.call('POST', '/api/auth/refresh', { body: { refresh_token } });
const login = (body: object | string, headers: Record<string, string> = {}): Promise<Answer> =>
  test.call('POST', '/api/auth/login', { body, headers });

async function auditOf(userId: string): Promise<string[]> {
  await test.core.audit.flush();
  const { items } = await test.core.storage.auditQuery.list('all', { limit: 200 });
  return items
    .map(({ event }) => event as { event?: string; user_id?: string; success?: boolean })
    .filter((event) => event.user_id === userId)
    .map(({ event, success }) => `${event ?? ''}:${String(success)}`);
}

beforeAll(async () => {
  test = await startTestPlane({ env: { CORS_ORIGINS: 'https://dash.example' } });
});
afterAll(() => test.remove());
// Attempts of all tests come from one address.
beforeEach(async () => {
  passMinutes(48 * 60);
  await test.core.storage.limiter.purge();
  vi.useRealTimers();
});

function passMinutes(minutes: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
}

describe('sign in', () => {
  it('gives API clients both tokens in the body and no cookie', async () => {
    const { name, id } = await freshUser();
    const { status, body, headers } = await login({ username: name, password: PASSWORD, client: 'api' });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 900,
      user_id: id,
      refresh_token: expect.any(String) as string,
    });
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await me(body.access_token)).body).toMatchObject({ username: name, role: 'admin' });
  });

  it('gives browsers the refresh token only in a cookie that scripts and other sites cannot use', async () => {
    const { name, id } = await freshUser();
    const { body, headers } = await login({ username: name, password: PASSWORD });
    expect(body.refresh_token).toBeUndefined();
    const cookie = headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^clawforce-refresh=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/i);
    const again = await test.call('POST', '/api/auth/refresh', {
      body: {},
      headers: { cookie: cookie.split(';')[0] ?? '' },
    });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ user_id: id });
    expect(again.body.refresh_token).toBeUndefined();
    expect(again.headers.get('set-cookie')).toContain('HttpOnly');
  });

  it('takes an HTML form', async () => {
    const { name } = await freshUser();
    const { status, body } = await login(
      new URLSearchParams({ username: name, password: PASSWORD }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    );
    expect(status).toBe(200);
    expect(body.access_token).toBeTypeOf('string');
  });

  it.each([
    ['a form of its own', { origin: 'https://evil.example' }],
    ['a form in a sandboxed frame', { origin: 'null' }],
    ['a form on a sibling host', { 'sec-fetch-site': 'same-site', origin: 'http://sibling.localhost' }],
  ])(
    'a foreign page that wants to sign a browser in as somebody else by %s is refused',
    async (_title, headers) => {
      const { name } = await freshUser();
      const {
        status,
        body,
        headers: got,
      } = await login(new URLSearchParams({ username: name, password: PASSWORD }).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      });
      expect([status, body.code, got.get('set-cookie')]).toEqual([403, 'ORIGIN_REFUSED', null]);
    },
  );

  it.each(['wrong password', 'unknown user', 'disabled user', 'no password yet', 'no name at all'])(
    'answers a %s with the same bytes',
    async (what) => {
      const { name, id } = await freshUser();
      const { storage } = test.core;
      let username = name;
      if (what === 'unknown user') username = 'nobody';
      if (what === 'no name at all') username = '\u0000 \u200b';
      if (what === 'disabled user') await storage.users.update(id, { disabled: true });
      if (what === 'no password yet') {
        username = 'not-claimed';
        await storage.users.create({ username, role: 'admin', passwordHash: null });
      }
      const password = what === 'wrong password' || what === 'unknown user' ? 'wrong password' : PASSWORD;
      const { status, body } = await login({ username, password });
      expect([status, { ...body, request_id: '' }]).toEqual([
        401,
        { error: 'The name or the password is wrong.', code: 'CREDENTIALS_INVALID', request_id: '' },
      ]);
    },
  );

  it('refuses a tenth guess with 429 and says when to come back', async () => {
    const { name } = await freshUser();
    let last: Answer | undefined;
    for (let guess = 0; guess < 12; guess += 1) {
      last = await login({ username: name, password: `guess ${guess}` });
      if (last.status === 429) break;
    }
    expect([last?.status, last?.body.code]).toEqual([429, 'TOO_MANY_ATTEMPTS']);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    // Also with the right password: else an attacker would know when the guess was right.
    expect((await login({ username: name, password: PASSWORD })).status).toBe(429);
  });

  it.each(['token', 'access_token', 'TOKEN'])('refuses a token in the URL (?%s=)', async (parameter) => {
    const { name } = await freshUser();
    const { access } = await test.login(name);
    const { status } = await test.call('GET', `/api/auth/me?${parameter}=${access}`);
    expect(status).toBe(400);
  });
});

describe('the bearer token', () => {
  it('is refused in every form but that of a live access token', async () => {
    const { name } = await freshUser();
    const { access, refresh: refreshToken } = await test.login(name);
    const ticket = (await test.call('POST', '/api/auth/stream-token', { token: access })).body
      .ticket as string;
    const [header = '', payload = '', signature = ''] = access.split('.');
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const bad = [
      'nonsense',
      refreshToken,
      ticket,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.${signature}`,
      `${header}.${encode({ ...claims, role: 'superadmin' })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}`,
    ];
    for (const token of bad) expect([token, (await me(token)).status]).toEqual([token, 401]);
    for (const authorization of [`Basic ${access}`, access, 'Bearer', 'Bearer ']) {
      expect((await test.call('GET', '/api/auth/me', { headers: { authorization } })).status).toBe(401);
    }
    expect((await me(access)).status).toBe(200);
  });

  it('counts for what the database says at each request, not for what was signed', async () => {
    const { name, id } = await freshUser('superadmin');
    const { storage } = test.core;
    const { access } = await test.login(name);
    expect((await test.call('GET', '/api/audit/verify', { token: access })).status).toBe(200);
    await storage.users.update(id, { role: 'viewer' });
    expect((await test.call('GET', '/api/audit/verify', { token: access })).status).toBe(403);
    expect((await me(access)).body.role).toBe('viewer');
    await storage.users.update(id, { disabled: true });
    expect((await me(access)).status).toBe(401);
    await storage.users.update(id, { disabled: false });
    expect((await me(access)).status).toBe(200);
    await storage.users.remove(id);
    expect((await me(access)).status).toBe(401);
  });
});

describe('staying signed in', () => {
  it('rotates the refresh token; a replay of the old one ends the session and is recorded', async () => {
    const { name, id } = await freshUser();
    const { access, refresh: first } = await test.login(name);
    const second = await refresh(first);
    expect(second.status).toBe(200);
    const next = second.body.refresh_token as string;
    expect(next).not.toBe(first);
    const third = await refresh(next);
    expect(third.status).toBe(200);
    // Whoever shows the first one now has stolen it, or was stolen from.
    const replay = await test.call('POST', '/api/auth/refresh', {
      body: { refresh_token: first },
      headers: { 'user-agent': 'a thief' },
    });
    expect([replay.status, replay.body.code]).toEqual([401, 'REFRESH_REUSED']);
    for (const token of [access, third.body.access_token as string])
      expect((await me(token)).status).toBe(401);
    expect((await refresh(third.body.refresh_token)).status).toBe(401);
    expect(await auditOf(id)).toContain('refresh:false');
  });

  it('gives the same client the same successor when it asks twice within seconds, and another client none', async () => {
    const { name } = await freshUser();
    const { refresh: first } = await test.login(name);
    const answers = await Promise.all([refresh(first), refresh(first), refresh(first)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token as string)).size).toBe(1);
    const thief = await test.call('POST', '/api/auth/refresh', {
      body: { refresh_token: first },
      headers: { 'user-agent': 'another' },
    });
    expect([thief.status, thief.body.code]).toEqual([401, 'REFRESH_REUSED']);
    expect((await refresh(answers[0].body.refresh_token)).status).toBe(401);
  });

  it.each([
    ['a foreign site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sibling subdomain', { origin: 'https://evil.localhost', 'sec-fetch-site': 'same-site' }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['an Origin that is no URL', { origin: 'x' }],
  ])('refuses the cookie from %s', async (_who, headers) => {
    const { name } = await freshUser();
    const cookie = (await login({ username: name, password: PASSWORD })).headers.get('set-cookie') ?? '';
    for (const path of ['/api/auth/refresh', '/api/auth/logout']) {
      const { status, body } = await test.call('POST', path, {
        body: {},
        headers: { cookie: cookie.split(';')[0] ?? '', ...headers },
      });
      expect([status, body?.code]).toEqual([403, 'ORIGIN_REFUSED']);
    }
  });

  it('takes the cookie from its own origin and from those of CORS_ORIGINS', async () => {
    const { name } = await freshUser();
    for (const origin of [test.url, 'https://dash.example']) {
      const cookie = (await login({ username: name, password: PASSWORD })).headers.get('set-cookie') ?? '';
      const { status } = await test.call('POST', '/api/auth/refresh', {
        body: {},
        headers: { cookie: cookie.split(';')[0] ?? '', origin },
      });
      expect(status).toBe(200);
    }
  });

  it.each(['', 'nonsense', `cfr_${'a'.repeat(60)}`])('refuses the refresh token "%s"', async (token) => {
    expect((await refresh(token)).status).toBe(401);
  });

  it('a disabled or deleted user refreshes nothing', async () => {
    const { storage } = test.core;
    const { name, id } = await freshUser();
    const one = await test.login(name);
    const two = await test.login(name);
    await storage.users.update(id, { disabled: true });
    expect((await refresh(one.refresh)).status).toBe(401);
    await storage.users.remove(id);
    expect((await refresh(two.refresh)).status).toBe(401);
  });

  it('logout ends the session of the token it is given, and clears the cookie', async () => {
    const { name, id } = await freshUser();
    const { access, refresh: token } = await test.login(name);
    const { status, headers } = await test.call('POST', '/api/auth/logout', {
      body: { refresh_token: token },
    });
    expect(status).toBe(204);
    expect(headers.get('set-cookie')).toMatch(/^clawforce-refresh=;.*Expires=Thu, 01 Jan 1970/i);
    expect((await me(access)).status).toBe(401);
    expect((await refresh(token)).status).toBe(401);
    expect(await auditOf(id)).toContain('logout:true');
    // Again, or with nonsense: nothing happens, and nothing is told.
    for (const refresh_token of [token, 'nonsense'])
      expect((await test.call('POST', '/api/auth/logout', { body: { refresh_token } })).status).toBe(204);
  });
});

describe('the own sessions', () => {
  it('are listed and ended one by one or all but the present one; nobody ends a foreign one', async () => {
    const { name } = await freshUser();
    const { name: stranger } = await freshUser('superadmin');
    const mine = await test.login(name);
    const other = await test.login(name);
    const third = await test.login(name);
    const foreign = await test.login(stranger);
    const list = await test.call('GET', '/api/auth/sessions', { token: mine.access });
    const items = list.body.items as { id: string; current: boolean }[];
    expect(items).toHaveLength(3);
    expect(items.filter(({ current }) => current)).toHaveLength(1);
    const present = items.find(({ current }) => current)?.id ?? '';
    expect(list.text).not.toContain(foreign.access);

    const foreignTry = await test.call('DELETE', `/api/auth/sessions/${present}`, { token: foreign.access });
    expect(foreignTry.status).toBe(404);
    expect((await me(mine.access)).status).toBe(200);

    const seen = await test.call('GET', '/api/auth/sessions', { token: other.access });
    const otherId = (seen.body.items as typeof items).find(({ current }) => current)?.id ?? '';
    expect((await test.call('DELETE', `/api/auth/sessions/${otherId}`, { token: mine.access })).status).toBe(
      204,
    );
    expect((await me(other.access)).status).toBe(401);
    const rest = await test.call('DELETE', '/api/auth/sessions', { token: mine.access });
    expect(rest.body).toEqual({ ended: 1 });
    expect([(await me(third.access)).status, (await me(mine.access)).status]).toEqual([401, 200]);
  });
});

describe('changing the password', () => {
  it('needs the present one, ends the other sessions and keeps the own', async () => {
    const { name } = await freshUser();
    const mine = await test.login(name);
    const other = await test.login(name);
    const change = (current_password: string, new_password: string): Promise<Answer> =>
      test.call('POST', '/api/auth/change-password', {
        token: mine.access,
        body: { current_password, new_password },
      });
    expect((await change('wrong', NEW_PASSWORD)).body.code).toBe('CREDENTIALS_INVALID');
    expect((await change(PASSWORD, 'short')).body.code).toBe('PASSWORD_TOO_SHORT');
    expect((await me(other.access)).status).toBe(200);
    const changed = await change(PASSWORD, NEW_PASSWORD);
    expect([changed.status, changed.body]).toEqual([200, { sessions_ended: 1 }]);
    expect([(await me(mine.access)).status, (await me(other.access)).status]).toEqual([200, 401]);
    expect((await refresh(other.refresh)).status).toBe(401);
    expect((await login({ username: name, password: PASSWORD })).status).toBe(401);
    expect((await login({ username: name, password: NEW_PASSWORD })).status).toBe(200);
  });
});

describe('loosening safety', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['admin', { tools: { exec: { policy: { relaxed: true } } } }],
    ['superadmin', { tools: { ssrf_protection: false } }],
    ['superadmin', { tools: { restrict_to_workspace: false } }],
  ] as const)(
    'needs the password of the %s again when it was given over five minutes ago: %j',
    async (role, patch) => {
      const { name } = await freshUser(role);
      const { access: token } = await test.login(name);
      const created = await test.call('POST', '/api/agents', { token, body: { name: 'a' } });
      const path = `/api/agents/${created.body.id as string}/config`;
      passMinutes(6);
      const late = await test.call('PATCH', path, { token, body: patch });
      expect([late.status, late.body.code]).toEqual([401, 'REAUTHENTICATION_REQUIRED']);
      expect(JSON.stringify((await test.call('GET', path, { token })).body)).not.toContain('false');
      const again = (password: string): Promise<Answer> =>
        test.call('POST', '/api/auth/reauthenticate', { token, body: { password } });
      expect((await again('wrong')).status).toBe(401);
      expect((await test.call('PATCH', path, { token, body: patch })).status).toBe(401);
      expect((await again(PASSWORD)).status).toBe(204);
      expect((await test.call('PATCH', path, { token, body: patch })).status).toBe(200);
    },
  );

  it('needs nothing for a change that tightens', async () => {
    const { name } = await freshUser();
    const { access: token } = await test.login(name);
    const created = await test.call('POST', '/api/agents', { token, body: { name: 'a' } });
    passMinutes(6);
    const { status } = await test.call('PATCH', `/api/agents/${created.body.id as string}/config`, {
      token,
      body: { tools: { exec: { policy: { mode: 'deny_all' } } } },
    });
    expect(status).toBe(200);
  });

  it("is not for an admin where the switch is a superadmin's, password or not", async () => {
    const { name } = await freshUser();
    const { access: token } = await test.login(name);
    const created = await test.call('POST', '/api/agents', { token, body: { name: 'a' } });
    const { status } = await test.call('PATCH', `/api/agents/${created.body.id as string}/config`, {
      token,
      body: { tools: { ssrf_protection: false } },
    });
    expect(status).toBe(403);
  });
});
