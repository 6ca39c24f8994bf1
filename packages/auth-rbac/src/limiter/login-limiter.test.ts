import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { addressKey } from './address-key.js';
import { createLoginLimiter, type LoginLimiter, type LoginLimiterOptions } from './login-limiter.js';
import { MemoryLimiterStore } from './memory-limiter-store.js';

const secret = randomBytes(32);
const clock = (): number => now;
let now: number;
let store: MemoryLimiterStore;
let limiter: LoginLimiter;

beforeEach(() => {
  now = Date.UTC(2026, 10, 24);
  store = new MemoryLimiterStore({ clock });
  limiter = createLoginLimiter(store, { secret, clock });
});

const guess = async (ip: string, username = 'admin'): Promise<boolean> => {
  const { allowed } = await limiter.check({ ip, username });
  if (allowed) await limiter.fail({ ip, username });
  return allowed;
};

describe('the limit of an address', () => {
  test('stops the sixth attempt in a minute, whatever the name, and says how long to wait', async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await guess('192.0.2.1', `user${attempt}`)).toBe(true);
      now += 1000;
    }
    expect(await limiter.check({ ip: '192.0.2.1', username: 'other' })).toEqual({
      allowed: false,
      retryAfterSeconds: 55,
      limit: 'address',
    });
    expect(await guess('192.0.2.2')).toBe(true);
  });

  test('slides: after the time it named one attempt is free again, and refused attempts do not prolong the wait', async () => {
    for (let attempt = 0; attempt < 5; attempt++) await guess('192.0.2.1', `user${attempt}`);
    for (let attempt = 0; attempt < 50; attempt++) {
      now += 1000;
      expect(await guess('192.0.2.1')).toBe(false);
    }
    now += 10_000;
    expect(await guess('192.0.2.1')).toBe(true);
  });

  test('admits five of fifty parallel attempts', async () => {
    const admitted = await Promise.all(
      Array.from({ length: 50 }, (_, index) => limiter.check({ ip: '192.0.2.1', username: `user${index}` })),
    );
    expect(admitted.filter(({ allowed }) => allowed)).toHaveLength(5);
  });

  test('is one for a whole /64: an attacker with 18 quintillion addresses has five attempts', async () => {
    const results: boolean[] = [];
    for (let host = 1; host <= 20; host++)
      results.push(await guess(`2001:db8:1:2::${host.toString(16)}`, `user${host}`));
    expect(results.filter(Boolean)).toHaveLength(5);
    expect(await guess('2001:db8:1:3::1')).toBe(true);
  });

  test('does not count logins that succeed, unless told to', async () => {
    for (let login = 0; login < 20; login++) {
      expect((await limiter.check({ ip: '192.0.2.1', username: 'admin' })).allowed).toBe(true);
      await limiter.succeed({ ip: '192.0.2.1', username: 'admin' });
    }
    const strict = createLoginLimiter(store, { secret, clock, countSuccesses: true });
    const allowed: boolean[] = [];
    for (let login = 0; login < 6; login++) {
      allowed.push((await strict.check({ ip: '192.0.2.9', username: 'admin' })).allowed);
      await strict.succeed({ ip: '192.0.2.9', username: 'admin' });
    }
    expect(allowed).toEqual([true, true, true, true, true, false]);
  });

  test('one good account does not wash away the guesses at others', async () => {
    for (let attempt = 0; attempt < 4; attempt++) await guess('192.0.2.1', 'victim');
    for (let login = 0; login < 10; login++) {
      expect((await limiter.check({ ip: '192.0.2.1', username: 'mallory' })).allowed).toBe(true);
      await limiter.succeed({ ip: '192.0.2.1', username: 'mallory' });
    }
    expect(await guess('192.0.2.1', 'victim')).toBe(true);
    expect(await guess('192.0.2.1', 'victim')).toBe(false);
  });

  test('is shared by replicas and survives a restart, being in the store', async () => {
    const replica = createLoginLimiter(store, { secret, clock });
    for (let attempt = 0; attempt < 5; attempt++) await guess('192.0.2.1');
    expect((await replica.check({ ip: '192.0.2.1', username: 'x' })).allowed).toBe(false);
  });
});

describe('the delay of an account from one address', () => {
  const failTenTimes = async (): Promise<void> => {
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(await guess('192.0.2.1')).toBe(true);
      now += 13_000;
    }
  };

  test('begins after ten failures and doubles', async () => {
    await failTenTimes();
    const waits: number[] = [];
    for (let failure = 11; failure <= 16; failure++) {
      await limiter.fail({ ip: '192.0.2.1', username: 'admin' });
      const { allowed, retryAfterSeconds, limit } = await limiter.check({
        ip: '192.0.2.1',
        username: 'admin',
      });
      if (limit !== 'address') {
        expect([allowed, limit]).toEqual([false, 'account']);
        waits.push(retryAfterSeconds);
      }
      now += 61_000;
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64]);
  });

  test('never locks the owner out: another address is not delayed at all', async () => {
    await failTenTimes();
    for (let failure = 0; failure < 20; failure++) await limiter.fail({ ip: '192.0.2.1', username: 'admin' });
    now += 61_000;
    expect(await limiter.check({ ip: '192.0.2.1', username: 'admin' })).toMatchObject({
      allowed: false,
      limit: 'account',
    });
    expect((await limiter.check({ ip: '198.51.100.7', username: 'admin' })).allowed).toBe(true);
    expect((await limiter.check({ ip: '192.0.2.1', username: 'somebody' })).allowed).toBe(true);
  });

  test('is one for every spelling of the name', async () => {
    await failTenTimes();
    for (let failure = 0; failure < 5; failure++) await limiter.fail({ ip: '192.0.2.1', username: 'ADMIN ' });
    expect(await limiter.check({ ip: '192.0.2.1', username: 'ａｄｍｉｎ' })).toMatchObject({
      limit: 'account',
    });
  });

  test('is never longer than 15 minutes, and a success ends it', async () => {
    for (let failure = 0; failure < 100; failure++)
      await limiter.fail({ ip: '192.0.2.1', username: 'admin' });
    const { retryAfterSeconds } = await limiter.check({ ip: '192.0.2.1', username: 'admin' });
    expect(retryAfterSeconds).toBe(900);
    await limiter.succeed({ ip: '192.0.2.1', username: 'admin' });
    expect((await limiter.check({ ip: '192.0.2.1', username: 'admin' })).allowed).toBe(true);
  });
});

describe('the store', () => {
  test('holds no name and no address: people type passwords into the name field', async () => {
    const written: string[] = [];
    const spying = createLoginLimiter(
      {
        get: (key) => store.get(key),
        update: (key, change) => {
          written.push(key, change(undefined)?.state ?? '');
          return store.update(key, change);
        },
      },
      { secret, clock },
    );
    await spying.check({ ip: '192.0.2.1', username: 'my-secret-password' });
    await spying.fail({ ip: '192.0.2.1', username: 'my-secret-password' });
    expect(written.length).toBeGreaterThan(2);
    expect(written.join('\n')).not.toMatch(/192|my-secret/);
  });

  test('stays small: state is short after ten thousand failures, and the memory store is bounded', async () => {
    for (let failure = 0; failure < 10_000; failure++)
      await limiter.fail({ ip: '192.0.2.1', username: 'admin' });
    const bounded = new MemoryLimiterStore({ clock, maxKeys: 100 });
    let longest = 0;
    for (let key = 0; key < 1000; key++) {
      await bounded.update(`k${key}`, () => ({ state: 'x', expiresAt: new Date(now + 1000) }));
      longest = Math.max(longest, bounded.size);
    }
    expect(longest).toBe(100);
    let state = '';
    const peek = createLoginLimiter(
      {
        get: (key) => store.get(key),
        update: (key, change) =>
          store.update(key, (old) => {
            const next = change(old);
            state = next?.state ?? '';
            return next;
          }),
      },
      { secret, clock },
    );
    await peek.fail({ ip: '192.0.2.1', username: 'admin' });
    expect(state.length).toBeLessThan(1024);
  });

  test('a clock that went back locks nobody out for longer than the window', async () => {
    for (let attempt = 0; attempt < 5; attempt++) await guess('192.0.2.1');
    now -= 24 * 3_600_000;
    const { retryAfterSeconds } = await limiter.check({ ip: '192.0.2.1', username: 'admin' });
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });
});

test.each([
  ['secret', {}],
  ['secret', { secret: 'a string of some length' }],
  ['secret', { secret: new Uint8Array(15) }],
  ['attemptsPerAddress', { secret, attemptsPerAddress: 0 }],
  ['windowSeconds', { secret, windowSeconds: Number.POSITIVE_INFINITY }],
  ['failuresBeforeDelay', { secret, failuresBeforeDelay: 51 }],
  ['attempts', { secret, attempts: 5 }],
])('refuses by name: %s', (name, options) => {
  const make = (): unknown => createLoginLimiter(store, options as LoginLimiterOptions);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(name);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['local', 'unknown'],
  ['', 'unknown'],
  ['192.0.2.1, 198.51.100.1', 'unknown'],
])('the address %s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
