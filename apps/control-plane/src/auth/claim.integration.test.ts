import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PASSWORD, startTestPlane, type Answer, type TestPlane } from '../server/testing/test-plane.js';

const DISPLAY_LINK = /^http:\/\/localhost:\d+\/claim#([\w-]{43})$/;

let dataDir: string;
let test: TestPlane;

const start = async (env: Record<string, string> = {}): Promise<void> => {
  test = await startTestPlane({ dataDir, env });
};
const claim = (token: string, password = PASSWORD): Promise<Answer> =>
  test.call('POST', '/api/auth/claim', { body: { token, password } });
const tokenOf = (link: string | undefined): string => DISPLAY_LINK.exec(link ?? '')?.[1] ?? 'no link';

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cp-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await test.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('the one-time link', () => {
  it('sets the first password once and in one race only, and no other link appears afterwards', async () => {
    await start();
    const token = tokenOf(test.plane.setupLink);
    const answers = await Promise.all(Array.from({ length: 4 }, () => claim(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410]);
    expect(answers.find(({ status }) => status === 200)?.body).toEqual({ username: 'admin' });
    expect((await claim(token)).body.code).toBe('SETUP_LINK_INVALID');
    const { access } = await test.login('admin');
    const me = await test.call('GET', '/api/auth/me', { token: access });
    expect(me.body.role).toBe('superadmin');
    await test.stop();
    await start();
    expect(test.plane.setupLink).toBeUndefined();
  });

  it('survives a password that is refused', async () => {
    await start();
    const token = tokenOf(test.plane.setupLink);
    expect((await claim(token, 'short')).body.code).toBe('PASSWORD_TOO_SHORT');
    expect((await claim(token)).status).toBe(200);
  });

  it('ends after fifteen minutes', async () => {
    await start();
    const token = tokenOf(test.plane.setupLink);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 15 * 60_000 + 1000 });
    expect([(await claim(token)).status]).toEqual([410]);
    vi.useRealTimers();
    expect((await test.core.storage.users.findByUsername('admin'))?.passwordHash).toBeNull();
  });

  it('is replaced by the one of the next start', async () => {
    await start();
    const old = tokenOf(test.plane.setupLink);
    await test.stop();
    await start();
    const token = tokenOf(test.plane.setupLink);
    expect(token).not.toBe(old);
    expect((await claim(old)).status).toBe(410);
    expect((await claim(token)).status).toBe(200);
  });

  it('cannot be guessed, and nobody signs in before it is used', async () => {
    await start();
    for (const guess of ['x', 'a'.repeat(43), '']) expect([400, 410]).toContain((await claim(guess)).status);
    const { status } = await test.call('POST', '/api/auth/login', {
      body: { username: 'admin', password: PASSWORD },
    });
    expect(status).toBe(401);
  });

  it('leaves the token out of the audit log and of the page', async () => {
    await start();
    const token = tokenOf(test.plane.setupLink);
    await claim(token);
    await claim(token);
    await test.core.audit.flush();
    const { items } = await test.core.storage.auditQuery.list('all', { limit: 200 });
    const claims = items.map(({ event }) => event as Record<string, unknown>);
    expect(claims.filter(({ event }) => event === 'claim').map(({ success }) => success)).toEqual([
      false,
      true,
    ]);
    expect(JSON.stringify(claims)).not.toContain(token);
    expect((await test.call('GET', '/claim')).text).not.toContain(token);
  });
});

it('ADMIN_SETUP_PASSWORD sets the password without a link', async () => {
  await start({ ADMIN_SETUP_USERNAME: 'Root', ADMIN_SETUP_PASSWORD: PASSWORD });
  expect(test.plane.setupLink).toBeUndefined();
  expect((await test.login('root')).access).toBeTypeOf('string');
});

it('under an https URL the cookie takes the prefix that binds it to this host', async () => {
  await start({
    ADMIN_PUBLIC_URL: 'https://localhost:8443',
    ADMIN_SETUP_USERNAME: 'root',
    ADMIN_SETUP_PASSWORD: PASSWORD,
  });
  const { headers } = await test.call('POST', '/api/auth/login', {
    body: { username: 'root', password: PASSWORD },
  });
  expect(headers.get('set-cookie')).toMatch(
    /^__Host-clawforce-refresh=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect(headers.get('strict-transport-security')).toContain('max-age=');
});
