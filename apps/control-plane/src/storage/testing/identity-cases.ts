import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isSessionLive } from '../sessions/session-store.js';
import type { TestStorage } from './test-storage.js';

const HOUR = 3_600_000;

/** What every database must do with users, sessions and setup links. */
export function identityCases(current: () => TestStorage): void {
  const name = (): string => `u${randomUUID().slice(0, 13)}`;
  const user = () =>
    current().storage.users.create({ username: name(), passwordHash: 'hash-1', role: 'admin' });

  describe('users', () => {
    test('a name is taken in every spelling of it', async () => {
      const { users } = current().storage;
      const created = await users.create({
        username: 'Alice.Example',
        passwordHash: null,
        role: 'superadmin',
      });
      expect(created).toMatchObject({
        username: 'alice.example',
        displayName: 'Alice.Example',
        tokenVersion: 0,
      });
      await expect(
        users.create({ username: ' ALICE.example ', passwordHash: null, role: 'admin' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await users.findByUsername('ALICE.EXAMPLE')).toEqual(created);
      expect(await users.findByUsername('ａｌｉｃｅ.example')).toEqual(created);
      expect(await users.findByUsername('bob')).toBeUndefined();
    });

    test.each(['', ' ', 'a b', '-a', 'a-', 'аdmin', 'x'.repeat(65), 'a\0b', '../a'])(
      'is no name: %j',
      async (username) => {
        await expect(
          current().storage.users.create({ username, passwordHash: null, role: 'admin' }),
        ).rejects.toMatchObject({ code: 'USERNAME_INVALID' });
      },
    );

    test('a change of password, role or access ends tokens; a login and a rehash do not', async () => {
      const { users } = current().storage;
      const { id } = await user();
      expect((await users.update(id, { lastLoginAt: new Date(current().clock) })).tokenVersion).toBe(0);
      expect(await users.rehash(id, 'hash-1', 'hash-1b')).toBe(true);
      expect(await users.rehash(id, 'hash-1', 'hash-1c')).toBe(false);
      expect(await users.get(id)).toMatchObject({ passwordHash: 'hash-1b', tokenVersion: 0 });
      expect((await users.update(id, { passwordHash: 'hash-2' })).tokenVersion).toBe(1);
      expect((await users.update(id, { role: 'viewer' })).tokenVersion).toBe(2);
      expect((await users.update(id, { disabled: true })).tokenVersion).toBe(3);
      expect((await users.bumpTokenVersion(id)).tokenVersion).toBe(4);
    });

    test('the oldest of a role is found, however many came after it', async () => {
      const { users } = current().storage;
      const present = current().clock;
      const made = (role: 'superadmin' | 'admin') =>
        users.create({ username: name(), passwordHash: null, role });
      current().clock = present - 1000 * HOUR;
      await made('admin');
      current().clock += HOUR;
      const first = await made('superadmin');
      current().clock = present;
      await made('superadmin');
      expect(await users.oldest('superadmin')).toEqual(first);
      await users.remove(first.id);
      expect((await users.oldest('superadmin'))?.id).not.toBe(first.id);
    });

    test('an unknown user cannot be changed', async () => {
      const { users } = current().storage;
      await expect(users.update(randomUUID(), { disabled: true })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(users.remove(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await users.get(randomUUID())).toBeUndefined();
    });
  });

  describe('sessions', () => {
    const session = async (userId: string, idleMs = HOUR) =>
      current().storage.sessions.create({
        userId,
        ip: '127.0.0.1',
        userAgent: 'agent\0 with NUL',
        idleExpiresAt: new Date(current().clock + idleMs),
        absoluteExpiresAt: new Date(current().clock + 24 * HOUR),
      });

    test('a revoked session is not live, takes no password and is revoked once', async () => {
      const { sessions } = current().storage;
      const { id } = await session((await user()).id);
      expect(await sessions.reauthenticated(id)).toBe(true);
      expect(await sessions.revoke(id, 'logout')).toBe(true);
      expect(await sessions.revoke(id, 'again')).toBe(false);
      expect(await sessions.reauthenticated(id)).toBe(false);
      const stored = await sessions.get(id);
      expect(stored).toMatchObject({ revokedReason: 'logout' });
      expect(isSessionLive(stored!, new Date(current().clock))).toBe(false);
    });

    test('an idle session ends by itself, and a purge removes it', async () => {
      const { sessions } = current().storage;
      const owner = await user();
      const { id } = await session(owner.id);
      const other = await session(owner.id, 5 * HOUR);
      current().clock += 2 * HOUR;
      expect(await sessions.reauthenticated(id)).toBe(false);
      expect((await sessions.listLive(owner.id)).map((row) => row.id)).toEqual([other.id]);
      expect(await sessions.purge(new Date(current().clock))).toBeGreaterThanOrEqual(1);
      expect(await sessions.get(id)).toBeUndefined();
      expect(await sessions.get(other.id)).toBeDefined();
    });

    test('revoking all spares the named session and other users', async () => {
      const { sessions } = current().storage;
      const [owner, stranger] = [await user(), await user()];
      const [first, second, foreign] = [
        await session(owner.id),
        await session(owner.id),
        await session(stranger.id),
      ];
      expect(await sessions.revokeAll(owner.id, 'password', second.id)).toEqual([first.id]);
      expect((await sessions.listLive(owner.id)).map(({ id }) => id)).toEqual([second.id]);
      expect((await sessions.get(foreign.id))?.revokedAt).toBeNull();
    });
  });

  describe('setup links', () => {
    test('a link works once, not after its time, and not after a newer one', async () => {
      const { setup } = current().storage;
      const expiresAt = new Date(current().clock + 900_000);
      await setup.issue({ digest: 'first', userId: 'u', expiresAt });
      await setup.issue({ digest: 'second', userId: 'u', expiresAt });
      expect(await setup.consume('first')).toBeUndefined();
      expect(await setup.valid('second')).toBe(true);
      const answers = await Promise.all([1, 2, 3, 4].map(() => setup.consume('second')));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([{ userId: 'u' }]);
      await setup.issue({ digest: 'third', userId: 'u', expiresAt });
      current().clock += 900_000;
      expect(await setup.valid('third')).toBe(false);
      expect(await setup.consume('third')).toBeUndefined();
    });
  });
}
