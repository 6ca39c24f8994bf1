import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { AuthError } from '../errors/auth-error.js';
import { MemoryRefreshStore } from './memory-refresh-store.js';
import { issueToken } from './opaque-token.js';
import { createTokenService, type TokenService } from './token-service.js';

const START = Date.UTC(2026, 10, 24);
const HOUR = 3_600_000;
const key = { kid: 'k1', secret: randomBytes(32) };
let now: number;
let store: MemoryRefreshStore;
let tokens: TokenService;

beforeEach(() => {
  now = START;
  store = new MemoryRefreshStore();
  tokens = serviceWith([key]);
});

function serviceWith(keys: (typeof key)[]): TokenService {
  return createTokenService({ keys, issuer: 'i', audience: 'a', refreshStore: store, clock: () => now });
}

const open = (sessionId = 's1') => tokens.issueRefresh({ sessionId, userId: 'u1' });
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AuthError ? error.code : error),
  );

describe('rotateRefresh', () => {
  test('gives a successor with the same session, and the successor works in its turn', async () => {
    const first = await open();
    now += HOUR;
    const second = await tokens.rotateRefresh(first.token);
    expect(second).toMatchObject({ sessionId: 's1', userId: 'u1', repeated: false });
    expect(second.token).toMatch(/^cfr_/);
    expect(second.token).not.toBe(first.token);
    expect(second.expiresAt).toEqual(new Date(now + 24 * HOUR));
    now += HOUR;
    expect((await tokens.rotateRefresh(second.token)).token).not.toBe(second.token);
  });

  test('fifty parallel refreshes of one token end in one successor', async () => {
    const { token } = await open();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => tokens.rotateRefresh(token, { client: 'tab' })),
    );
    expect(new Set(answers.map((answer) => answer.token)).size).toBe(1);
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(store.records).toHaveLength(2);
  });

  test('within 10 s the same client gets the same successor again; after that the session ends', async () => {
    const { token } = await open();
    const successor = await tokens.rotateRefresh(token, { client: 'tab' });
    now += 10_000;
    expect((await tokens.rotateRefresh(token, { client: 'tab' })).token).toBe(successor.token);
    now += 1;
    expect(await codeOf(tokens.rotateRefresh(token, { client: 'tab' }))).toBe('REFRESH_REUSED');
    expect(await codeOf(tokens.rotateRefresh(successor.token, { client: 'tab' }))).toBe('REFRESH_REVOKED');
  });

  test('a thief with another client gets nothing within the grace and ends the session', async () => {
    const { token } = await open();
    const successor = await tokens.rotateRefresh(token, { client: 'victim' });
    const theft = tokens.rotateRefresh(token, { client: 'thief' });
    await expect(theft).rejects.toMatchObject({ code: 'REFRESH_REUSED', sessionId: 's1', userId: 'u1' });
    expect(await codeOf(tokens.rotateRefresh(successor.token, { client: 'victim' }))).toBe('REFRESH_REVOKED');
  });

  test('reuse ends one session and leaves the others alone', async () => {
    const stolen = await open('s1');
    const other = await open('s2');
    await tokens.rotateRefresh(stolen.token);
    now += 11_000;
    expect(await codeOf(tokens.rotateRefresh(stolen.token))).toBe('REFRESH_REUSED');
    expect(await codeOf(tokens.rotateRefresh(other.token))).toBe('accepted');
  });

  test('a thief who rotates first is found out when the owner comes', async () => {
    const { token } = await open();
    const thief = await tokens.rotateRefresh(token, { client: 'thief' });
    now += 60_000;
    expect(await codeOf(tokens.rotateRefresh(token, { client: 'victim' }))).toBe('REFRESH_REUSED');
    expect(await codeOf(tokens.rotateRefresh(thief.token, { client: 'thief' }))).toBe('REFRESH_REVOKED');
  });

  test('the idle limit of 24 h ends a session that nobody refreshes', async () => {
    const { token } = await open();
    now += 24 * HOUR - 1;
    const { token: next } = await tokens.rotateRefresh(token);
    now += 24 * HOUR;
    expect(await codeOf(tokens.rotateRefresh(next))).toBe('REFRESH_EXPIRED');
  });

  test('the absolute limit of 7 d ends a session however often it is refreshed', async () => {
    let { token } = await open();
    for (let hour = 12; hour < 7 * 24; hour += 12) {
      now = START + hour * HOUR;
      const next = await tokens.rotateRefresh(token);
      expect(next.expiresAt.getTime()).toBeLessThanOrEqual(START + 7 * 24 * HOUR);
      ({ token } = next);
    }
    now = START + 7 * 24 * HOUR;
    expect(await codeOf(tokens.rotateRefresh(token))).toBe('REFRESH_EXPIRED');
  });

  test('the store holds nothing that can be presented', async () => {
    const { token } = await open();
    const { token: next } = await tokens.rotateRefresh(token);
    const dump = JSON.stringify(store.records);
    for (const value of [token, next]) expect(dump).not.toContain(value.split('_')[2]);
    for (const { lookup, digest } of store.records) {
      expect(await codeOf(tokens.rotateRefresh(`cfr_${lookup}_${digest.slice(0, 43)}_000000`))).toBe(
        'REFRESH_INVALID',
      );
    }
  });

  test('the lookup id alone is worth nothing, and does not end the session', async () => {
    const { token } = await open();
    const lookup = token.split('_')[1]!;
    const forged = issueToken('refresh').token.replace(/^cfr_\w{12}/, `cfr_${lookup}`);
    expect(await codeOf(tokens.rotateRefresh(forged))).toBe('REFRESH_INVALID');
    expect(await codeOf(tokens.rotateRefresh(issueToken('refresh').token))).toBe('REFRESH_INVALID');
    expect(await codeOf(tokens.rotateRefresh(token))).toBe('accepted');
  });

  test('access tokens, agent tokens and tickets are no refresh tokens', async () => {
    const access = tokens.issueAccess({ userId: 'u1', sessionId: 's1' }).token;
    for (const text of [
      access,
      issueToken('agent').token,
      issueToken('ticket').token,
      undefined,
      { token: 'x' },
    ]) {
      expect(await codeOf(tokens.rotateRefresh(text))).toBe('REFRESH_INVALID');
    }
  });

  test('a new signing key in the middle of the grace raises no false alarm', async () => {
    const { token } = await open();
    const successor = await tokens.rotateRefresh(token);
    const rotated = serviceWith([{ kid: 'k2', secret: randomBytes(32) }, key]);
    expect((await rotated.rotateRefresh(token)).token).toBe(successor.token);
  });
});

describe('revokeRefresh', () => {
  test('ends the session for every token of it', async () => {
    const { token } = await open();
    const next = await tokens.rotateRefresh(token);
    expect(await tokens.revokeRefresh(next.token)).toEqual({ sessionId: 's1', userId: 'u1' });
    expect(await codeOf(tokens.rotateRefresh(next.token))).toBe('REFRESH_REVOKED');
    expect(await tokens.revokeRefresh(issueToken('refresh').token)).toBeUndefined();
  });
});

test('sessionLimits gives the limits of a session that opens now', () => {
  expect(tokens.sessionLimits()).toEqual({
    idleExpiresAt: new Date(START + 24 * HOUR),
    absoluteExpiresAt: new Date(START + 7 * 24 * HOUR),
  });
});
