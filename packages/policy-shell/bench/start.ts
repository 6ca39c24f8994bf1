import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfiner, probeConfiners, runCommand, type Confiner, type RunOptions } from '../dist/run.js';
import { rawPlan } from '../src/testing/raw-plan.js';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 60);
const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-start-')));
const goals: Readonly<Record<string, number>> = { bwrap: 10, landlock: 2 };
const plan = rawPlan(workspace, ['/usr/bin/true']);

async function best(run: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
const confinedBy = (confiner: Confiner, network: RunOptions['network']): Promise<number> =>
  best(() => runCommand(plan, { confiner, network }));

// The same runner around a program that nothing stands in front of: what is over that is the confiner's.
const unconfined: Confiner = {
  ...(await createConfiner({ backend: 'none' })),
  launch: ({ argv: [file, ...args], cwd }) => ({
    file,
    args,
    cwd,
    descriptors: [],
    guarantees: [],
    tidy: () => undefined,
  }),
};
const bare = await best(() =>
  once(spawn('/usr/bin/true', { stdio: ['ignore', 'pipe', 'pipe'], cwd: workspace, env: {} }), 'close'),
);
const plain = await confinedBy(unconfined, 'host');
console.log(
  `plain spawn by Node alone: ${bare.toFixed(2)} ms; by the runner (time-out, output, environment, process group): ${plain.toFixed(2)} ms`,
);
for (const { backend, works, detail } of await probeConfiners()) {
  if (!works) {
    console.log(`${backend}: ${detail}`);
    continue;
  }
  const confined = await confinedBy(await createConfiner({ backend }), 'none');
  console.log(
    `${backend}: ${confined.toFixed(2)} ms, ${(confined - plain).toFixed(2)} ms over a plain spawn by the same runner (goal ${goals[backend] ?? 0}), ${(confined - bare).toFixed(2)} ms over Node's`,
  );
}

// A fresh process each time, the modules in turn, so that a busy moment hits all of them.
const modules = {
  library: new URL('../dist/index.js', import.meta.url).href,
  parser: import.meta.resolve('unbash'),
  nothing: 'data:text/javascript,',
};

function importing(module: string): number {
  const code = `const t = performance.now(); import(${JSON.stringify(module)}).then(() => console.log(performance.now() - t));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
}

const times = Array.from({ length: 25 }, () => Object.values(modules).map(importing));
const [library, parser, nothing] = Object.keys(modules).map((_, at) => {
  const sorted = times.map((round) => round[at] ?? NaN).sort((left, right) => left - right);
  return `${(sorted[12] ?? NaN).toFixed(1)} ms (least ${(sorted[0] ?? NaN).toFixed(1)})`;
});
console.log(
  `import, median of ${times.length} processes: ${library} (goal 25), the parser alone ${parser}, an empty module ${nothing}`,
);
rmSync(workspace, { recursive: true, force: true });
