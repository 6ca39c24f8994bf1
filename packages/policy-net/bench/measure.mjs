/** CPU microseconds of this process per call: wall time is useless on a shared machine. */
export function cpuPerCall(run, calls) {
  const start = process.cpuUsage();
  for (let i = 0; i < calls; i += 1) run(i);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}

/** As {@link cpuPerCall}, for calls that are awaited one after the other. */
export async function cpuPerAwaited(run, calls) {
  const start = process.cpuUsage();
  for (let i = 0; i < calls; i += 1) await run(i);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

/**
 * Measures two variants in turns and prints both with their ratio: the median of the ratios of the single rounds, so that
 * what else the machine does falls on both. Each goes first in every other round, so that neither always inherits the
 * garbage of the other. Both are warmed up first: what is asked for is the cost of a call in a process that runs, and
 * compiled code comes after some thousand calls only. The ratio of the minima is of one round each, so it says little
 * where a round is short. Gives the ratio.
 */
export async function compare(
  what,
  [baseName, base],
  [name, other],
  { once, rounds = 15, warmUp = 2, unit = 'us', goal },
) {
  const times = { base: [], other: [] };
  for (let round = 0; round < rounds + warmUp; round += 1) {
    const inOrder = [
      ['base', base],
      ['other', other],
    ];
    if (round % 2 === 1) inOrder.reverse();
    for (const [which, run] of inOrder) {
      const time = await once(run);
      if (round >= warmUp) times[which].push(time);
    }
  }
  const ratio = median(times.other.map((time, i) => time / (times.base[i] ?? Number.NaN)));
  const least = Math.min(...times.other) / Math.min(...times.base);
  const most = Math.max(...times.other) / Math.max(...times.base);
  const [sign, bound] = goal;
  const met = sign === '<=' ? ratio <= bound : ratio >= bound;
  const show = (value) => value.toFixed(2).padStart(9);
  console.log(
    `${what}\n  ${baseName.padEnd(30)}${show(median(times.base))} ${unit}\n  ${name.padEnd(30)}${show(median(times.other))} ${unit}`,
  );
  const extremes = sign === '<=' ? `of the minima ${least.toFixed(2)}` : `of the maxima ${most.toFixed(2)}`;
  console.log(`  ratio ${ratio.toFixed(2)} (${extremes}), goal ${sign} ${bound}: ${met ? 'met' : 'MISSED'}`);
  return ratio;
}
