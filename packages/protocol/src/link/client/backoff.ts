/**
 * Gives the wait before reconnection attempt `attempt` (1, 2, …) in milliseconds: full jitter below a bound that
 * doubles from 0.5 s to 30 s, so that a thousand workers do not come back at the same instant. A wait that the control
 * plane asked for is the least.
 */
export function reconnectDelay(
  attempt: number,
  retryAfterMs: number | undefined,
  bounds: { readonly baseMs: number; readonly maxMs: number } = { baseMs: 500, maxMs: 30_000 },
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(attempt - 1, 16));
  const jitter = Math.round(random() * ceiling);
  return retryAfterMs === undefined ? jitter : retryAfterMs + Math.min(jitter, bounds.baseMs);
}
