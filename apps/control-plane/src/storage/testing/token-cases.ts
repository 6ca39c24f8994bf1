import { randomBytes, randomUUID } from 'node:crypto';
import type { RefreshRecord } from '@clawforce/auth-rbac/tokens';
import { describe, expect, test } from 'vitest';
import type { TestStorage } from './test-storage.js';

const HOUR = 3_600_000;

/** What every database must do with refresh tokens, tickets and limits. */
export function tokenCases(current: () => TestStorage): void {
  const session = async (): Promise<{ readonly id: string; readonly userId: string }> => {
    const { users, sessions } = current().storage;
    const username = `t${randomUUID().slice(0, 13)}`;
    const user = await users.create({ username, passwordHash: null, role: 'admin' });
    return sessions.create({
      userId: user.id,
      ip: '127.0.0.1',
      userAgent: 'test',
      idleExpiresAt: new Date(current().clock + HOUR),
      absoluteExpiresAt: new Date(current().clock + 24 * HOUR),
    });
  };
  const token = (sessionId: string): RefreshRecord => ({
    lookup: randomUUID(),
    sessionId,
    digest: randomBytes(32).toString('hex'),
    issuedAt: new Date(current().clock),
    expiresAt: new Date(current().clock + HOUR),
    usedAt: null,
    successor: null,
  });
  const insert = async (sessionId: string): Promise<RefreshRecord> => {
    const record = token(sessionId);
    await current().storage.refresh.insert(record, {
      sessionId,
      userId: '',
      absoluteExpiresAt: new Date(0),
      revokedAt: null,
    });
    return record;
  };

  describe('refresh tokens', () => {
    test('a token comes back with its session as it is now', async () => {
      const { refresh } = current().storage;
      const { id, userId } = await session();
      const record = await insert(id);
      const absoluteExpiresAt = new Date(current().clock + 24 * HOUR);
      expect(await refresh.find(record.lookup)).toEqual({
        record,
        family: { sessionId: id, userId, absoluteExpiresAt, revokedAt: null },
      });
      expect(await refresh.find('unknown')).toBeUndefined();
    });

    test('of many exchanges of one token at once, one stores a successor and moves the session', async () => {
      const { refresh, sessions } = current().storage;
      const { id } = await session();
      const record = await insert(id);
      current().clock += 1000;
      const successors = Array.from({ length: 8 }, () => token(id));
      const usedAt = new Date(current().clock);
      const answers = await Promise.all(
        successors.map((next) => refresh.rotate(record.lookup, usedAt, next)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      const winner = successors[answers.indexOf(true)]!;
      expect((await refresh.find(record.lookup))?.record).toMatchObject({ usedAt, successor: winner.lookup });
      const found = await Promise.all(successors.map(({ lookup }) => refresh.find(lookup)));
      expect(found.filter((entry) => entry !== undefined)).toHaveLength(1);
      expect(await sessions.get(id)).toMatchObject({ lastUsedAt: usedAt, idleExpiresAt: winner.expiresAt });
    });

    test('a thief with an old token gets nothing from a session that has ended', async () => {
      const { refresh, sessions } = current().storage;
      const { id } = await session();
      const record = await insert(id);
      await refresh.revokeFamily(id, 'reuse', new Date(current().clock));
      expect(await refresh.rotate(record.lookup, new Date(current().clock), token(id))).toBe(false);
      expect(await sessions.get(id)).toMatchObject({ revokedReason: 'reuse' });
      await refresh.revokeFamily(id, 'logout', new Date(current().clock + 1));
      expect(await sessions.get(id)).toMatchObject({ revokedReason: 'reuse' });
    });

    test('a successor in the session of someone else is refused', async () => {
      const { refresh } = current().storage;
      const record = await insert((await session()).id);
      const other = token((await session()).id);
      expect(await refresh.rotate(record.lookup, new Date(current().clock), other)).toBe(false);
      expect((await refresh.find(record.lookup))?.record.usedAt).toBeNull();
    });
  });

  describe('tickets', () => {
    test('a ticket is used once, and forgotten after its time', async () => {
      const { tickets } = current().storage;
      const { id, userId } = await session();
      const ticket = (lookup: string) => ({
        lookup,
        digest: 'd',
        userId,
        sessionId: id,
        purpose: 'ui',
        expiresAt: new Date(current().clock + 60_000),
        usedAt: null,
      });
      const lookup = randomUUID();
      await tickets.insert(ticket(lookup));
      expect(await tickets.find(lookup)).toEqual(ticket(lookup));
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => tickets.consume(lookup, new Date(current().clock))),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      current().clock += 12 * 60_000;
      await tickets.insert(ticket(randomUUID()));
      expect(await tickets.find(lookup)).toBeUndefined();
    });
  });

  describe('limits', () => {
    test('someone who guesses on many connections at once is counted every time', async () => {
      const { limiter } = current().storage;
      const key = randomUUID();
      const expiresAt = new Date(current().clock + HOUR);
      await Promise.all(
        Array.from({ length: 25 }, () =>
          limiter.update(key, (state) => ({ state: String(Number(state ?? 0) + 1), expiresAt })),
        ),
      );
      expect(await limiter.get(key)).toBe('25');
    });

    test('a bucket is gone when removed, and after its time', async () => {
      const { limiter } = current().storage;
      const [removed, ended] = [randomUUID(), randomUUID()];
      const expiresAt = new Date(current().clock + 1000);
      for (const key of [removed, ended]) await limiter.update(key, () => ({ state: 'x', expiresAt }));
      await limiter.update(removed, () => undefined);
      expect(await limiter.get(removed)).toBeUndefined();
      expect(await limiter.get(ended)).toBe('x');
      current().clock += 1000;
      expect(await limiter.get(ended)).toBeUndefined();
      const seen: (string | undefined)[] = [];
      await limiter.update(ended, (state) => {
        seen.push(state);
        return { state: 'y', expiresAt };
      });
      expect(seen).toEqual([undefined]);
      expect(await limiter.purge()).toBeGreaterThanOrEqual(1);
    });
  });
}
