import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { PASSWORD, startTestPlane, type Answer, type TestPlane } from '../server/testing/test-plane.js';

interface Row {
  readonly event?: string;
  readonly user_id?: string | null;
  readonly success?: boolean;
  readonly detail?: string;
}

let test: TestPlane;
let clock = 0;

beforeAll(async () => {
  test = await startTestPlane({
    env: { ADMIN_SETUP_USERNAME: 'root', ADMIN_SETUP_PASSWORD: PASSWORD },
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await test.remove();
});
// The buckets of every test begin full, and nothing flows into them while it runs.
beforeEach(() => {
  clock = (clock || performance.now()) + 3_600_000;
  vi.spyOn(performance, 'now').mockReturnValue(clock);
});

async function refusals(event: string): Promise<Row[]> {
  await test.core.audit.flush();
  const found: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await test.core.storage.auditQuery.list('all', {
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items.map((item) => item.event as Row));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return found.filter((row) => row.event === event && row.success === false);
}

async function repeat(count: number, one: () => Promise<Answer>): Promise<Record<string, number>> {
  const codes: Record<string, number> = {};
  for (let sent = 0; sent < count; sent += 20) {
    const answers = await Promise.all(Array.from({ length: Math.min(20, count - sent) }, one));
    for (const { status, body } of answers) {
      const key = `${status} ${(body as { code?: string } | undefined)?.code ?? ''}`;
      codes[key] = (codes[key] ?? 0) + 1;
    }
  }
  return codes;
}
const refresh = (body: object): Promise<Answer> => test.call('POST', '/api/auth/refresh', { body });

it('guesses of the one-time link fill neither the audit log nor the server', async () => {
  const guess = (): Promise<Answer> =>
    test.call('POST', '/api/auth/claim', { body: { token: 'a guess', password: PASSWORD } });
  expect(await repeat(65, guess)).toEqual({ '410 SETUP_LINK_INVALID': 60, '429 TOO_MANY_REQUESTS': 5 });
  expect(await refusals('claim')).toHaveLength(20);
  expect((await guess()).headers.get('retry-after')).toBe('1');
});

it('refresh tokens that are made up do not fill the audit log, and do not hide one that was real', async () => {
  const { access, refresh: token } = await test.login('root');
  expect((await test.call('POST', '/api/auth/logout', { body: { refresh_token: token } })).status).toBe(204);
  const codes = await repeat(40, () => refresh({ refresh_token: `cfr_${'a'.repeat(60)}` }));
  expect(codes).toEqual({ '401 REFRESH_INVALID': 40 });
  const unknown = await refusals('refresh');
  expect(unknown.map(({ user_id }) => user_id)).toEqual(Array<null>(20).fill(null));
  expect((await refresh({ refresh_token: token })).body.code).toBe('REFRESH_REVOKED');
  expect((await refusals('refresh')).filter(({ user_id }) => user_id !== null)).toHaveLength(1);
  expect((await test.call('GET', '/api/auth/me', { token: access })).status).toBe(401);
});

it('one address refreshes so often and no more; a sign-in goes on', async () => {
  expect(await repeat(605, () => refresh({}))).toEqual({
    '401 UNAUTHENTICATED': 600,
    '429 TOO_MANY_REQUESTS': 5,
  });
  expect((await test.login('root')).access).toBeTypeOf('string');
});

it('sign-ins that the limiter refuses do not fill the audit log', async () => {
  const attempt = (): Promise<Answer> =>
    test.call('POST', '/api/auth/login', { body: { username: 'nobody', password: 'wrong' } });
  for (let tries = 0; tries < 50 && (await attempt()).status !== 429; tries += 1);
  expect(await repeat(40, attempt)).toEqual({ '429 TOO_MANY_ATTEMPTS': 40 });
  const limited = (await refusals('login')).filter(({ detail }) => detail?.startsWith('limited by'));
  expect(limited).toHaveLength(20);
});
