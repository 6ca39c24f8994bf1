import { expect, test } from 'vitest';
import { boundsForPool, SystemResolver, type SystemResolverOptions } from './system-resolver.js';

// libuv: half of the pool, rounded up, for getaddrinfo.
test.each([
  [1, { inAll: 1, perOwner: 1 }],
  [4, { inAll: 2, perOwner: 1 }],
  [8, { inAll: 3, perOwner: 1 }],
  [32, { inAll: 12, perOwner: 2 }],
  [1_000_000, { inAll: 384, perOwner: 2 }],
])('a pool of %s threads gives bounds', (threads, bounds) => {
  expect(boundsForPool(threads)).toMatchObject(bounds);
});

test.each<[object]>([[{ threads: 0 }], [{ threads: 1.5 }], [{ threads: '8' }], [{ thread: 8 }]])(
  'refuses the options %j',
  (options) => {
    expect(() => new SystemResolver(options as SystemResolverOptions)).toThrow(/thread/);
  },
);

test("gives all of the system's answers, /etc/hosts included, and what it fails with", async () => {
  const resolve = new SystemResolver({ threads: 8 }).for('a1');
  const { signal } = new AbortController();
  expect(await resolve('localhost', { signal })).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/)]),
  );
  await expect(resolve('no such name', { signal })).rejects.toThrow(/ENOTFOUND|EAI/);
});
