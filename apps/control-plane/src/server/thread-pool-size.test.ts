import { expect, it } from 'vitest';
import { threadPoolSize } from './thread-pool-size.js';

it.each([
  [undefined, 4],
  ['32', 32],
  ['0', 1],
  ['-3', 1],
  ['many', 1],
])('reads UV_THREADPOOL_SIZE=%s as libuv does', (given, size) => {
  expect(threadPoolSize({ UV_THREADPOOL_SIZE: given })).toBe(size);
});
