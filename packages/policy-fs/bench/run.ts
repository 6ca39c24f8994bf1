import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  lstatSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AgentFS } from '../src/index.js';

/** Microseconds per call. */
interface Cost {
  readonly wall: number;
  /** Of the processor, user and system together: what other programs do meanwhile does not count. */
  readonly cpu: number;
}

/** Medians of rounds that take turns, so that a busy machine hits all alike. */
async function compare(
  variants: Readonly<Record<string, (round: number) => unknown>>,
  calls: number,
  rounds = 15,
): Promise<Readonly<Record<string, Cost>>> {
  const costs = new Map<string, Cost[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(variants)) {
      const start = performance.now();
      const used = process.cpuUsage();
      for (let i = 0; i < calls; i += 1) await run(i);
      const { user, system } = process.cpuUsage(used);
      const wall = ((performance.now() - start) * 1000) / calls;
      // The first round warms up.
      if (round > 0) costs.get(name)?.push({ wall, cpu: (user + system) / calls });
    }
  }
  const median = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  return Object.fromEntries(
    [...costs].map(([name, list]) => [
      name,
      { wall: median(list.map(({ wall }) => wall)), cpu: median(list.map(({ cpu }) => cpu)) },
    ]),
  );
}

const missed: string[] = [];

/** Prints one comparison. On a quiet machine both ratios agree; the goal is held against that of processor time. */
function report(
  title: string,
  medians: Readonly<Record<string, Cost>>,
  peer: string,
  ours: string,
  goal?: number,
): void {
  const ratio = (kind: keyof Cost): number => (medians[ours]?.[kind] ?? 0) / (medians[peer]?.[kind] ?? 1);
  const cells = Object.entries(medians).map(([name, { wall }]) => `${name} ${wall.toFixed(1)} us`);
  console.log(
    `${title.padEnd(22)} ${cells.join('   ')}   ratio ${ratio('wall').toFixed(2)}, of processor time ${ratio('cpu').toFixed(2)}${goal ? ` (goal ${goal})` : ''}`,
  );
  if (goal !== undefined && ratio('cpu') > goal) missed.push(title);
}

const top = realpathSync(mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'cf-bench-')));
const home = join(top, 'workspace');
const names = (depth: number): string =>
  [...Array(depth - 1).keys()]
    .map((n) => `d${n}`)
    .concat('file.txt')
    .join('/');
const content = 'x'.repeat(4096);
mkdirSync(home);
const fs = await AgentFS.open(top, { durable: false });
console.log(
  `node ${process.version}, ${availableParallelism()} cores, ${top}, containment ${fs.containment}`,
);

for (const depth of [1, 4, 12]) {
  const path = names(depth);
  await fs.writeFile(path, content);
  const full = join(home, path);
  report(
    `read 4 KiB, depth ${depth}`,
    await compare(
      {
        raw: async () => Promise.resolve(readFileSync(full, 'utf8')),
        realpath: async () => {
          const real = realpathSync(full);
          if (!real.startsWith(`${home}/`)) throw new Error('outside');
          return Promise.resolve(readFileSync(real, 'utf8'));
        },
        'realpath.native': async () => {
          const real = realpathSync.native(full);
          if (!real.startsWith(`${home}/`)) throw new Error('outside');
          return Promise.resolve(readFileSync(real, 'utf8'));
        },
        AgentFS: () => fs.readFile(path),
      },
      1000,
    ),
    'realpath',
    'AgentFS',
    depth === 12 ? 1.2 : undefined,
  );
  const directory = dirname(full);
  report(
    `write 4 KiB, depth ${depth}`,
    await compare(
      {
        'temp+rename': async (n) => {
          const temporary = join(directory, `.tmp${n}`);
          const fd = openSync(temporary, 'wx');
          writeSync(fd, content);
          closeSync(fd);
          renameSync(temporary, full);
          return Promise.resolve();
        },
        AgentFS: () => fs.writeFile(path, content),
      },
      500,
    ),
    'temp+rename',
    'AgentFS',
    4,
  );
}

for (let n = 0; n < 50; n += 1) await fs.writeFile(`list/entry-${n}`, 'x');
const list = join(home, 'list');
report(
  'list of 50',
  await compare(
    {
      'readdir+lstat': async () =>
        Promise.resolve(
          readdirSync(list)
            .sort()
            .map((name) => ({ name, size: lstatSync(join(list, name)).size })),
        ),
      AgentFS: () => fs.listDir('list'),
    },
    300,
  ),
  'readdir+lstat',
  'AgentFS',
  2,
);

for (let d = 0; d < 100; d += 1) {
  const directory = join(home, `tree/d${d}`);
  mkdirSync(directory, { recursive: true });
  for (let n = 0; n < 100; n += 1) writeFileSync(join(directory, `f${n}`), '');
}
const { AgentFS: tree } = await compare(
  { AgentFS: () => fs.tree('tree', { maxDepth: 4, limit: 20_000 }) },
  1,
  7,
);
const treeMs = (tree?.wall ?? 0) / 1000;
console.log(`tree of 10,000 files   AgentFS ${treeMs.toFixed(0)} ms (goal 150)`);
if (treeMs > 150) missed.push('tree of 10,000 files');

const operations = Number(process.env['BENCH_LEAK_OPERATIONS'] ?? '100000');
const before = readdirSync('/proc/self/fd').length;
for (let n = 0; n < operations; n += 1) {
  await (n % 100 === 0 ? fs.writeFile('leak.txt', 'x') : fs.readFile(names(12)));
}
const leaked = readdirSync('/proc/self/fd').length - before;
console.log(`descriptors left over after ${operations} operations: ${leaked}`);
if (leaked > 0) missed.push('descriptors');

await fs.close();
rmSync(top, { recursive: true });
if (missed.length > 0) {
  console.log(`goals missed: ${missed.join(', ')}`);
  process.exitCode = 1;
}
