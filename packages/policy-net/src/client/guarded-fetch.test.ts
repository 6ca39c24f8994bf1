import { expect, expectTypeOf, test } from 'vitest';
import { NetworkSecurityPolicy } from '../policy.js';
import { createGuardedFetch, type GuardedFetch } from './guarded-fetch.js';

test('a guarded fetch can stand where a fetch is expected', () => {
  expectTypeOf<GuardedFetch>().toExtend<typeof fetch>();
});

test('takes a policy and nothing else', () => {
  expect(() => createGuardedFetch({} as never)).toThrow(/^policy must be/);
  const guarded = createGuardedFetch(new NetworkSecurityPolicy());
  expect(() => guarded.update({} as never)).toThrow(/^policy must be/);
});

test.each([[undefined], [null], [7], [{}]])('rejects %j as input with a TypeError', async (input) => {
  const guarded = createGuardedFetch(new NetworkSecurityPolicy());
  await expect(guarded(input as never)).rejects.toBeInstanceOf(TypeError);
});

test('rejects, and does not throw, for a URL that is refused', async () => {
  const guarded = createGuardedFetch(new NetworkSecurityPolicy());
  await expect(guarded('no url')).rejects.toMatchObject({ decision: { rule: 'net.url.character' } });
  await expect(guarded('http://example.com/', { limits: { nope: 1 } as never })).rejects.toThrow(
    'limits.nope is unknown',
  );
  await expect(guarded('http://example.com/', { method: 'CONNECT' })).rejects.toBeInstanceOf(TypeError);
});
