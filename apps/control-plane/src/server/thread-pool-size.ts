/** Gives how many threads libuv's pool has, as libuv itself reads `UV_THREADPOOL_SIZE`. */
export function threadPoolSize(env: Readonly<Record<string, string | undefined>>): number {
  const given = env['UV_THREADPOOL_SIZE'];
  if (given === undefined) return 4;
  return Math.max(1, Number.parseInt(given, 10) || 0);
}
