/** The middle of some times; NaN of none. */
export function median(times: readonly number[]): number {
  return [...times].sort((left, right) => left - right)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** Gives how long something takes, in milliseconds. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

/** Gives a time as it is printed. */
export const ms = (time: number): string => `${time.toFixed(0)} ms`;
