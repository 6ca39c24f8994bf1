import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerSpec } from '@clawforce/pool-core';
import { verdict } from '../../../tools/bench/goal.js';
import { median, ms, timed } from '../../../tools/bench/time.js';
import { ProcessPool } from '../src/process-pool.js';
import { makeHarness } from '../src/testing/make-harness.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
const WORKERS = Number(process.env['BENCH_WORKERS'] ?? 100);
const GRACE_MS = 500;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const harness = await makeHarness();
const { pool, root } = harness;

async function untilReady(spec: WorkerSpec): Promise<void> {
  for await (const { text } of pool.logs(spec, { follow: true })) if (text === 'ready') return;
}

/** The same program without a pool, to its first line. */
async function bareStart(): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'worker.cjs')], {
    env: { CONFORMANCE_BEHAVIOUR: 'idle', AGENT_ROOT: root },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
}

try {
  const [bare, starts, stops, kills]: number[][] = [[], [], [], []];
  for (let round = 1; round <= ROUNDS; round += 1) {
    // Interleaved, so that other work on the machine hits both alike.
    bare?.push(await timed(bareStart));
    const idle = await harness.spec({ agentId: 'idle', generation: round, behaviour: 'idle' });
    starts?.push(
      await timed(async () => {
        await pool.start(idle);
        await untilReady(idle);
      }),
    );
    stops?.push((await pool.stop(idle, { graceMs: 10_000, reason: 'bench' })).tookMs);
    const stubborn = await harness.spec({ agentId: 'stubborn', generation: round, behaviour: 'stubborn' });
    await pool.start(stubborn);
    await untilReady(stubborn);
    kills?.push((await pool.stop(stubborn, { graceMs: GRACE_MS, reason: 'bench' })).tookMs);
  }
  const [base, own] = [median(bare ?? []), median(starts ?? [])];
  say(`bare spawn of node, to its first line (median of ${ROUNDS}): ${ms(base)}`);
  say(`pool start to the worker's first line: ${ms(own)} = ${(own / base).toFixed(2)}x bare`);
  say(`stop of a worker that obeys: ${ms(median(stops ?? []))}`);
  const slowest = Math.max(...(kills ?? []));
  say(
    `stop with escalation, grace ${GRACE_MS} ms: slowest ${ms(slowest)} (bound ${GRACE_MS + 1000} ms: ${verdict(slowest <= GRACE_MS + 1000)})`,
  );

  const warm = await harness.spec({ agentId: 'warm', generation: 1, behaviour: 'idle' });
  await pool.start(warm);
  await untilReady(warm);
  const { memoryBytes = 0 } = (await pool.stats(warm)) ?? {};
  say(`idle Node of a worker: ${(memoryBytes / 1024 ** 2).toFixed(1)} MiB resident`);

  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const options = { command: ['sleep', '3600'], ownerId: 'bench', stateDir: join(directory, 'state') };
  const first = new ProcessPool({ ...options, closeGraceMs: 0 });
  for (let worker = 1; worker <= WORKERS; worker += 1)
    await first.start({ ...warm, agentId: `stand-in-${worker}` });
  // As if this process had been killed: another one that is dead looked after them.
  for (const name of await readdir(options.stateDir)) {
    if (!name.endsWith('.worker.json')) continue;
    const path = join(options.stateDir, name);
    const record = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...record, keeper: { pid: 4_194_305, startTime: '1' } }));
  }
  const next = new ProcessPool(options);
  let found = 0;
  const adoption = await timed(async () => {
    found = (await next.adoptOrphans()).filter(({ outcome }) => outcome === 'adopted').length;
  });
  say(
    `adoption of ${found} workers by a new pool: ${ms(adoption)} (bound 1000 ms: ${verdict(found === WORKERS && adoption <= 1000)})`,
  );
  await first.close();
  await next.close();
  await rm(directory, { recursive: true });
} finally {
  await harness.dispose();
}
