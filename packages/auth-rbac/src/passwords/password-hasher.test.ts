import { describe, expect, test } from 'vitest';
import { AuthError } from '../errors/auth-error.js';
import { createPasswordHasher, type PasswordHasherOptions } from './password-hasher.js';

const weak = { memoryKiB: 256, timeCost: 1, allowWeakForTests: true };
const hasher = createPasswordHasher(weak);
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fulfilled',
    (error: unknown) => (error instanceof AuthError ? error.code : error),
  );

describe('createPasswordHasher', () => {
  test('makes argon2id at the OWASP floor by default, with a 16-byte salt and a fresh one each time', async () => {
    const floor = createPasswordHasher();
    const [one, two] = await Promise.all([
      floor.hash('correct horse battery'),
      floor.hash('correct horse battery'),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await floor.verify(one, 'correct horse battery')).toBe(true);
    expect(await floor.verify(one, 'correct horse batterx')).toBe(false);
  });

  test.each([
    ['memoryKiB', { memoryKiB: 8192 }],
    ['memoryKiB', { memoryKiB: 19_455 }],
    ['memoryKiB', { memoryKiB: Number.NaN }],
    ['timeCost', { timeCost: 1 }],
    ['parallelism', { parallelism: 0 }],
    ['concurrency', { concurrency: 0 }],
    ['queue', { queue: -1 }],
    ['retryAfterSeconds', { retryAfterSeconds: 0 }],
    ['memoryCost', { memoryCost: 19_456 } as PasswordHasherOptions],
  ])('refuses to start with a weak or unknown option: %s', (name, options) => {
    expect(() => createPasswordHasher(options)).toThrow(TypeError);
    expect(() => createPasswordHasher(options)).toThrow(name);
  });

  test('the last byte of a password of 100 counts, so nothing is cut at 72', async () => {
    const stored = await hasher.hash(`${'x'.repeat(99)}a`);
    expect(await hasher.verify(stored, `${'x'.repeat(99)}b`)).toBe(false);
    expect(await hasher.verify(stored, `${'x'.repeat(99)}a`)).toBe(true);
  });

  test('composed and decomposed spellings are one password', async () => {
    const stored = await hasher.hash('Grüße aus Köln'.normalize('NFD'));
    expect(await hasher.verify(stored, 'Grüße aus Köln'.normalize('NFC'))).toBe(true);
  });

  test('an attacker gains nothing from texts that are no hash or no possible password', async () => {
    const stored = await hasher.hash('correct horse battery');
    for (const hash of [
      '',
      'correct horse battery',
      '$2b$12$abc',
      '$argon2id$v=19$m=99999999,t=2,p=1$YWFhYWFhYWFhYWE$YWFh',
    ]) {
      expect(await hasher.verify(hash, 'correct horse battery')).toBe(false);
    }
    for (const guess of ['', '\ud800'.repeat(12), 'x'.repeat(257), 'x'.repeat(100_000)]) {
      expect(await hasher.verify(stored, guess)).toBe(false);
      expect(await hasher.verifyDummy(guess)).toBe(false);
    }
    for (const notText of [{ $gt: '' }, ['a'], 7, null] as unknown[]) {
      expect(await codeOf(hasher.verify(stored, notText as string))).toBe('PASSWORD_INVALID');
      expect(await codeOf(hasher.verifyDummy(notText as string))).toBe('PASSWORD_INVALID');
    }
  });

  test('a hash that is weaker than the current parameters is to be made anew, a current or stronger one is not', async () => {
    const strong = createPasswordHasher({ ...weak, memoryKiB: 512 });
    const old = await hasher.hash('correct horse battery');
    expect(strong.needsRehash(old)).toBe(true);
    expect(await strong.verify(old, 'correct horse battery')).toBe(true);
    expect(hasher.needsRehash(old)).toBe(false);
    expect(hasher.needsRehash(await strong.hash('correct horse battery'))).toBe(false);
    expect(hasher.needsRehash('$2b$12$legacy')).toBe(true);
    expect(hasher.needsRehash(old.replace('argon2id', 'argon2i'))).toBe(true);
  });

  test('a hash of an earlier system is accepted through its own check, inside the gate, and is to be made anew', async () => {
    const migrating = createPasswordHasher({
      ...weak,
      legacy: [
        {
          recognises: (hash) => hash.startsWith('$2b$'),
          verify: (hash, password) => Promise.resolve(hash === `$2b$${password}`),
        },
      ],
    });
    expect(await migrating.verify('$2b$correct horse battery', 'correct horse battery')).toBe(true);
    expect(await migrating.verify('$2b$correct horse battery', 'wrong horse battery')).toBe(false);
    expect(migrating.needsRehash('$2b$correct horse battery')).toBe(true);
    // A short password of that system logs in too, and gets its new hash.
    expect(await migrating.verify('$2b$short', 'short')).toBe(true);
    expect(await migrating.verify(await migrating.rehash('short'), 'short')).toBe(true);
  });

  test('a flood of 200 logins runs two hashes, keeps 32 waiting and refuses the rest at once with a time to wait', async () => {
    const gated = createPasswordHasher({ ...weak, memoryKiB: 4096, retryAfterSeconds: 3 });
    const stored = await gated.hash('correct horse battery');
    const order: boolean[] = [];
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async () => {
        try {
          const fits = await gated.verify(stored, 'correct horse battery');
          order.push(fits);
        } catch (error) {
          order.push(false);
          throw error;
        }
      }),
    );
    // Every refusal is known before the first hash is done: nobody waits to be told to come back.
    expect(order.indexOf(true)).toBe(166);
    const refused = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as AuthError);
    expect(results.length - refused.length).toBe(34);
    expect(
      refused.every(
        ({ code, status, retryAfterSeconds }) =>
          code === 'HASHER_BUSY' && status === 503 && retryAfterSeconds === 3,
      ),
    ).toBe(true);
    expect(await gated.verify(stored, 'correct horse battery')).toBe(true);
  });
});

describe('verifyDummy', () => {
  test('takes the time of a real check, so the time does not tell which names exist', async () => {
    const timed = createPasswordHasher({ ...weak, memoryKiB: 2048 });
    const stored = await timed.hash('correct horse battery');
    const measure = async (job: () => Promise<unknown>): Promise<number> => {
      const start = process.cpuUsage();
      await job();
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    const unreadable: number[] = [];
    for (let round = 0; round < 60; round++) {
      known.push(await measure(() => timed.verify(stored, 'wrong horse battery')));
      unknown.push(await measure(() => timed.verifyDummy('wrong horse battery')));
      unreadable.push(await measure(() => timed.verify('', 'wrong horse battery')));
    }
    const median = (values: number[]): number => values.sort((a, b) => a - b)[30]!;
    // A check that skips the hash costs a hundredth; the statistical test of the whole route belongs to the application.
    expect(median(unknown) / median(known)).toBeGreaterThan(0.7);
    expect(median(unknown) / median(known)).toBeLessThan(1.4);
    expect(median(unreadable) / median(known)).toBeGreaterThan(0.7);
    expect(median(unreadable) / median(known)).toBeLessThan(1.4);
  });
});
