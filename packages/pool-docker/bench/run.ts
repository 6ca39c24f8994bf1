import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WorkerSpec } from '@clawforce/pool-core';
import { verdict } from '../../../tools/bench/goal.js';
import { median, ms, timed } from '../../../tools/bench/time.js';
import { TEST_LABEL } from '../../../tools/host/test-image.js';
import { DockerPool } from '../src/docker-pool.js';
import { makeHarness } from '../src/testing/make-harness.js';
import { rawEngine, removeLabelled } from '../src/testing/raw-engine.js';

const run = promisify(execFile);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const WORKERS = Number(process.env['BENCH_WORKERS'] ?? 100);
const GRACE_MS = 500;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const harness = await makeHarness();
const { image } = harness.options;

async function untilReady(spec: WorkerSpec): Promise<void> {
  for await (const { text } of harness.pool.logs(spec, { follow: true })) if (text === 'ready') return;
}

try {
  // Once, outside of what is measured: the proof that the engine shares this host's files.
  await harness.pool.start(await harness.spec({ agentId: 'warm', generation: 1, behaviour: 'idle' }));
  const bare: number[] = [];
  const starts: Record<'permissive' | 'sandboxed', number[]> = { permissive: [], sandboxed: [] };
  const attests: number[] = [];
  const stops: number[] = [];
  const kills: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    // Interleaved, so that other work on the machine hits both alike.
    bare.push(
      await timed(() =>
        run('docker', [
          'run',
          '--rm',
          '--label',
          `${TEST_LABEL}=${harness.ownerId}`,
          image,
          'node',
          '-e',
          'console.log("ready")',
        ]),
      ),
    );
    for (const level of ['permissive', 'sandboxed'] as const) {
      const spec = await harness.spec({
        agentId: `bench-${level}`,
        generation: round,
        behaviour: 'idle',
        level,
      });
      starts[level].push(
        await timed(async () => {
          await harness.pool.start(spec);
          await untilReady(spec);
        }),
      );
      attests.push(await timed(() => harness.pool.attest(spec)));
      stops.push((await harness.pool.stop(spec, { graceMs: 10_000, reason: 'bench' })).tookMs);
    }
    const stubborn = await harness.spec({
      agentId: 'stubborn',
      generation: round,
      behaviour: 'stubborn',
      level: 'sandboxed',
    });
    await harness.pool.start(stubborn);
    await untilReady(stubborn);
    kills.push((await harness.pool.stop(stubborn, { graceMs: GRACE_MS, reason: 'bench' })).tookMs);
  }
  const base = median(bare);
  say(`bare docker run of node, to its end (median of ${ROUNDS}): ${ms(base)}`);
  for (const level of ['permissive', 'sandboxed'] as const) {
    const own = median(starts[level]);
    const bound = 1.5 * base + 600;
    say(
      `pool start to the worker's first line at ${level}: ${ms(own)} = ${(own / base).toFixed(2)}x bare (bound 1.5x + 600 ms = ${ms(bound)}: ${verdict(own <= bound)})`,
    );
  }
  say(`attestation (engine record and probe inside): ${ms(median(attests))}`);
  say(`stop of a worker that obeys: ${ms(median(stops))}`);
  const slowest = Math.max(...kills);
  say(
    `stop with escalation, grace ${GRACE_MS} ms: slowest ${ms(slowest)} (bound ${GRACE_MS + 1000} ms: ${verdict(slowest <= GRACE_MS + 1000)})`,
  );
  const stats = await harness.pool.stats({ agentId: 'warm', generation: 1 });
  say(`idle Node in a worker's container: ${((stats?.memoryBytes ?? 0) / 1024 ** 2).toFixed(1)} MiB charged`);

  const template = await rawEngine
    .getContainer((await harness.pool.inspect('warm'))?.engineId ?? '')
    .inspect();
  say(`making ${WORKERS} paused stand-ins ...`);
  for (let worker = 1; worker <= WORKERS; worker += 1) {
    const standIn = await rawEngine.createContainer({
      Image: image,
      Cmd: ['sleep', '3600'],
      Labels: { ...template.Config.Labels, 'clawforce.agent': `stand-in-${worker}` },
      HostConfig: { NetworkMode: 'none' },
    });
    await standIn.start();
    await standIn.pause();
  }
  const next = new DockerPool(harness.options);
  let found = 0;
  const adoption = await timed(async () => {
    found = (await next.list()).filter(({ state }) => state === 'paused').length;
  });
  await next.close();
  say(
    `finding ${found} paused workers by a new pool: ${ms(adoption)} (bound all of ${WORKERS}: ${verdict(found === WORKERS)}; adoption as a whole: npm run bench -w @clawforce/control-plane)`,
  );
} finally {
  await removeLabelled(harness.ownerId);
  await harness.dispose();
}
