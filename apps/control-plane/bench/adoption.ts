import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { specHash, type WorkerSpec } from '@clawforce/pool-core';
import { verdict } from '../../../tools/bench/goal.js';
import { median } from '../../../tools/bench/time.js';
import { TEST_LABEL, testWorkerImage } from '../../../tools/host/test-image.js';
import { ADOPTION_MEASURE } from '../src/agents/lifecycle.js';
import { installationId } from '../src/server/installation-id.js';
import { startTestPlane, until, type TestPlane } from '../src/server/testing/test-plane.js';

/*
 * What a start of the control plane costs with a hundred workers of an earlier one: finding them at the engine, opening
 * their sockets again, writing their states and following the engine, as `recover` and `resume` of the lifecycle do. The
 * workers are paused stand-ins with the labels and the stored request of a real one.
 */
const run = promisify(execFile);
const WORKERS = Number(process.env['BENCH_WORKERS'] ?? 100);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const AT_ONCE = 4;
const AGENT = { ownerUserId: null, mode: 'docker', level: 'sandboxed' };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const env = { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: await testWorkerImage() };
// Nobody gives a paused worker up while it is measured.
const timing = { connectMs: 600_000, reconcileMs: 600_000 };
const dataDir = await mkdtemp(join(tmpdir(), 'adoption-'));
const open = (): Promise<TestPlane> => startTestPlane({ env, docker: {}, timing, dataDir });

interface Start {
  /** How long finding and adopting took. */
  readonly adoptionMs: number;
  /** Processor time of the whole start: what does not depend on what else this machine does. */
  readonly cpuMs: number;
}

/** Starts a control plane on what is there, and ends it again. */
async function startOnce(adopted: number): Promise<Start> {
  performance.clearMeasures(ADOPTION_MEASURE);
  const before = process.cpuUsage();
  const plane = await open();
  const { user, system } = process.cpuUsage(before);
  try {
    const { connecting } = await plane.core.storage.agents.countByStatus('all');
    if (connecting !== adopted) throw new Error(`adopted ${connecting} of ${adopted} workers`);
    const [measure] = performance.getEntriesByName(ADOPTION_MEASURE);
    return { adoptionMs: measure?.duration ?? 0, cpuMs: (user + system) / 1_000 };
  } finally {
    await plane.stop();
  }
}

async function startOften(adopted: number): Promise<Start> {
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round += 1) starts.push(await startOnce(adopted));
  return {
    adoptionMs: median(starts.map(({ adoptionMs }) => adoptionMs)),
    cpuMs: median(starts.map(({ cpuMs }) => cpuMs)),
  };
}

/** What a worker of the product is asked for, from one that really ran. */
async function askedFor({ core, user, login, call }: TestPlane): Promise<{ template: string; spec: string }> {
  await user('root', 'superadmin');
  const { access: token } = await login('root');
  const { id } = await core.storage.agents.create({ ...AGENT, name: 'template' });
  await call('POST', `/api/agents/${id}/start`, { token });
  const spec = await until(
    'the template',
    async () => {
      const agent = await core.storage.agents.get(id);
      return agent?.status === 'running' && (agent.workerSpec ?? undefined);
    },
    60_000,
  );
  await call('POST', `/api/agents/${id}/stop`, { token });
  return { template: id, spec };
}

async function makeStandIn(
  { core }: TestPlane,
  owner: string,
  asked: { template: string; spec: string },
): Promise<void> {
  const { agents } = core.storage;
  const { id } = await agents.create({ ...AGENT, name: 'stand-in' });
  await core.files.control(id);
  // As an earlier control plane has left it.
  await mkdir(join(dataDir, 'run', id), { mode: 0o750 });
  const { generation } = await agents.nextGeneration(id);
  const spec = { ...(JSON.parse(asked.spec.replaceAll(asked.template, id)) as WorkerSpec), generation };
  await agents.setWorkerSpec(id, generation, JSON.stringify(spec));
  await agents.setDesired(id, 'running');
  await agents.openEpoch(id);
  await core.storage.credentials.issue({ id, agentId: id, kind: 'join', digest: id, generation });
  await agents.setStatus(id, { status: 'disconnected' });
  const own = { owner, agent: id, generation, 'spec-hash': specHash(spec) };
  const labels = [TEST_LABEL, ...Object.entries(own).map(([name, value]) => `clawforce.${name}=${value}`)];
  const words = ['run', '--detach', '--network', 'none', ...labels.flatMap((one) => ['--label', one])];
  const { stdout } = await run('docker', [...words, '--entrypoint', 'sleep', env.AGENT_IMAGE, '3600']);
  await run('docker', ['pause', stdout.trim()]);
}

let owner = 'none';
try {
  const maker = await open();
  const asked = await askedFor(maker);
  owner = await installationId(maker.core.storage.settings);
  await maker.stop();
  const without = await startOften(0);
  say(`making ${WORKERS} paused stand-ins ...`);
  const again = await open();
  for (let made = 0; made < WORKERS; made += AT_ONCE) {
    const next = Array.from({ length: Math.min(AT_ONCE, WORKERS - made) }, () =>
      makeStandIn(again, owner, asked),
    );
    await Promise.all(next);
  }
  await again.stop();
  const { adoptionMs, cpuMs } = await startOften(WORKERS);
  say(
    `adoption of ${WORKERS} paused workers, found, attached and watched (median of ${ROUNDS}): ${adoptionMs.toFixed(0)} ms (bound 1000 ms: ${verdict(adoptionMs < 1000)}), ${(cpuMs - without.cpuMs).toFixed(0)} ms of processor time more than a start without them`,
  );
} finally {
  // Also workers that were started because nothing was adopted.
  await run('sh', ['-c', `docker ps -aq --filter label=clawforce.owner=${owner} | xargs -r docker rm -f`]);
  await rm(dataDir, { recursive: true, force: true });
}
