/** Below this the machine decides, not the code. Milliseconds. */
const NOISE_MS = 50;

/**
 * Gives how many times as long `work` takes for eight times the input. In proportion that is 8, with the square 64; what
 * grows at most threefold with each doubling stays below 27. The quicker of two runs counts on each side.
 */
export async function timeGrowth(
  size: number,
  work: (size: number) => Promise<void> | void,
): Promise<number> {
  const once = async (of: number): Promise<number> => {
    const started = performance.now();
    await work(of);
    return performance.now() - started;
  };
  const small = Math.min(await once(size), await once(size));
  const growth = (ms: number): number => ms / Math.max(NOISE_MS, small);
  const large = await once(8 * size);
  return growth(large) < 27 ? growth(large) : growth(Math.min(large, await once(8 * size)));
}
