import { median } from './time.js';

/** What one variant costs per call, in microseconds. */
export interface Cost {
  readonly wall: number;
  /** Of this process, user and system together: what other programs do meanwhile does not count. */
  readonly cpu: number;
}

/** How {@link compareCosts} measures. */
export interface Measure {
  /** Calls in each round. */
  readonly calls: number;
  /** Rounds of each variant, in turns; 15 by default. One more before them warms up. */
  readonly rounds?: number;
}

/**
 * Measures variants in turns, so that a busy machine hits all alike, and prints the median of each with its ratio to the
 * first one, the peer. Gives the ratios of processor time by name.
 */
export async function compareCosts(
  title: string,
  variants: Readonly<Record<string, (call: number) => unknown>>,
  { calls, rounds = 15 }: Measure,
): Promise<Readonly<Record<string, number>>> {
  const costs = new Map<string, Cost[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(variants)) {
      const cost = await costOf(run, calls);
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  const medians = [...costs].map(([name, list]) => ({
    name,
    wall: median(list.map(({ wall }) => wall)),
    cpu: median(list.map(({ cpu }) => cpu)),
  }));
  const peer = medians[0];
  if (peer === undefined) throw new TypeError('nothing to compare');
  console.log(title);
  const width = Math.max(...medians.map(({ name }) => name.length));
  for (const { name, wall, cpu } of medians) {
    const [ofCpu, ofWall] = [(cpu / peer.cpu).toFixed(2), (wall / peer.wall).toFixed(2)];
    const ratio = name === peer.name ? '' : `  ${ofCpu}x CPU, ${ofWall}x wall`;
    console.log(
      `  ${name.padEnd(width)} ${cpu.toFixed(2).padStart(10)} us CPU ${wall.toFixed(2).padStart(10)} us wall${ratio}`,
    );
  }
  return Object.fromEntries(medians.map(({ name, cpu }) => [name, cpu / peer.cpu]));
}

async function costOf(run: (call: number) => unknown, calls: number): Promise<Cost> {
  const start = performance.now();
  const used = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) {
    const done = run(call);
    if (done instanceof Promise) await done;
  }
  const { user, system } = process.cpuUsage(used);
  return { wall: ((performance.now() - start) * 1000) / calls, cpu: (user + system) / calls };
}
