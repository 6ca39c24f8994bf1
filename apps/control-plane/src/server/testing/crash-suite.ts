import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { Failpoint } from '../../agents/lifecycle-parts.js';
import { bundleProgram, type BundledProgram } from './bundle-program.js';
import { callPlane, endPlane, forkPlane, hears, processesIn, type ForkedPlane } from './forked-plane.js';
import { startTestPlane, until } from './test-plane.js';

/** The steps of a start, in their order; those of the pool are only in containers. */
export const START_STEPS = [
  'start:wanted',
  'start:generation',
  'start:provisioning',
  'start:listening',
  'start:prepared',
  'start:recorded',
  'pool:retired',
  'pool:network',
  'pool:created',
  'start:launched',
  'hello:attested',
  'hello:running',
] as const satisfies readonly Failpoint[];
/** The steps of a stop, in their order. */
export const STOP_STEPS = [
  'stop:wanted',
  'pool:asked',
  'pool:ended',
  'stop:ended',
  'stop:cleared',
  'stop:written',
] as const satisfies readonly Failpoint[];
// A step that somebody adds to the code is killed at, too.
expectTypeOf<Failpoint>().toEqualTypeOf<(typeof START_STEPS)[number] | (typeof STOP_STEPS)[number]>();
/** Whether it is a step of workers that are processes, too. */
export const ofProcesses = (point: Failpoint): boolean => !point.startsWith('pool:');
/** What the design promises for a worker that nobody wants any more. */
const ORPHAN_MS = 10_000;

let program: BundledProgram;
let dataDir: string;
let current: ForkedPlane | undefined;
/** The image of workers in containers; undefined where they are processes. */
let image: string | undefined;

/** The control plane that runs, or the next one. */
async function plane(): Promise<ForkedPlane> {
  return (current ??= await forkPlane(program.path, dataDir, { workers: image }));
}

/** Lets the control plane die at a step of its work with an agent; gives what its death found. */
async function diesAt(
  point: Failpoint,
  { child }: ForkedPlane,
  id: string,
  provoke: () => Promise<unknown>,
): Promise<{ where: Failpoint; workers: readonly string[] }> {
  const armed = hears(child, 'armed');
  child.send(point);
  await armed;
  const died = hears<{ point: Failpoint }>(child, 'point');
  const gone = once(child, 'exit');
  provoke().catch(() => undefined);
  const { point: where } = await died;
  child.send('now');
  await gone;
  current = undefined;
  return { where, workers: workersOf(id) };
}

/** Workers of an agent on this host, whoever started them, by container or process id. */
function workersOf(agentId: string): readonly string[] {
  return image === undefined ? processesIn(join(dataDir, 'agents', agentId)) : inEngine(agentId, 'ps');
}

/** What the engine has of an agent, by id. */
function inEngine(agentId: string, ...list: string[]): readonly string[] {
  const { stdout } = spawnSync('docker', [...list, '-q', '--filter', `label=clawforce.agent=${agentId}`], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter(Boolean);
}

/** Networks that the engine keeps for an agent. */
const networksOf = (agentId: string): readonly string[] =>
  image === undefined ? [] : inEngine(agentId, 'network', 'ls');

const reaches = (at: ForkedPlane, id: string, status: string): Promise<unknown> =>
  until(
    `status ${status}`,
    async () => (await callPlane(at, 'GET', `/api/agents/${id}/status`))['status'] === status,
    60_000,
  );

/** Looks until a control plane that comes back has settled; gives the most workers that ever ran at once. */
async function mostWorkers(id: string, settled: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(
    () => (most = Math.max(most, workersOf(id).length)),
    image === undefined ? 10 : 200,
  );
  try {
    await settled();
  } finally {
    clearInterval(timer);
  }
  return most;
}

/**
 * The tests of a control plane that is killed at each step of a start and a stop; for one kind of workers in each file, since
 * containers are made one file at a time.
 */
export function crashSuite({
  workerImage,
  start,
  stop,
}: {
  readonly workerImage: () => Promise<string | undefined>;
  readonly start: readonly Failpoint[];
  readonly stop: readonly Failpoint[];
}): void {
  beforeAll(async () => {
    image = await workerImage();
    program = await bundleProgram('crash-plane.ts');
    dataDir = await mkdtemp(join(tmpdir(), 'crash-'));
  });
  afterAll(async () => {
    if (current) {
      for (const { id } of ((await callPlane(current, 'GET', '/api/agents')) as { items: { id: string }[] })
        .items)
        await callPlane(current, 'DELETE', `/api/agents/${id}`);
      await endPlane(current, 'SIGTERM');
      current = undefined;
    }
    await rm(dataDir, { recursive: true, force: true });
    await program.remove();
  });

  it('passes each of these steps once and in this order, so that none of them is left out here', async () => {
    const passed: Failpoint[] = [];
    const test = await startTestPlane({
      ...(image === undefined
        ? {}
        : { docker: {}, env: { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: image } }),
      timing: { connectMs: 60_000 },
      failpoint: (point) => void passed.push(point),
    });
    try {
      const { agents } = test.core.storage;
      const mode = image === undefined ? 'process' : 'docker';
      await test.user('root', 'superadmin');
      const { access: token } = await test.login('root');
      const { id } = await agents.create({ ownerUserId: null, name: 'test', mode, level: 'permissive' });
      await test.call('POST', `/api/agents/${id}/start`, { token });
      await until('the last step', () => passed.includes('hello:running'), 60_000);
      expect(passed.splice(0)).toEqual(start);
      await test.call('POST', `/api/agents/${id}/stop`, { token });
      expect(passed).toEqual(stop);
      await test.call('DELETE', `/api/agents/${id}`, { token });
    } finally {
      await test.remove();
    }
  }, 120_000);

  describe('while it starts a worker', () => {
    it.each(start)(
      'at %s: the next one runs exactly one worker, and no other is left',
      async (point) => {
        const first = await plane();
        const { id } = (await callPlane(first, 'POST', '/api/agents', { name: 'test' })) as { id: string };
        if (point === 'pool:retired') {
          // What an earlier generation has left.
          await callPlane(first, 'POST', `/api/agents/${id}/start`);
          await reaches(first, id, 'running');
          await callPlane(first, 'POST', `/api/agents/${id}/stop`);
        }
        const { where, workers: before } = await diesAt(point, first, id, () =>
          callPlane(first, 'POST', `/api/agents/${id}/start`),
        );
        expect(where).toBe(point);
        const died = performance.now();
        let second: ForkedPlane | undefined;
        const most = await mostWorkers(id, async () => {
          second = await plane();
          // Nobody can go on with a worker that has spent its credential and got nothing.
          if (point === 'hello:attested')
            await until(
              'the orphan gone',
              () => workersOf(id).every((worker) => !before.includes(worker)),
              ORPHAN_MS,
            );
          await reaches(second, id, 'running');
        });
        if (!second) throw new Error('no second control plane');
        expect(most).toBe(1);
        expect(workersOf(id)).toHaveLength(1);
        // Nor one that was created and never ran.
        if (image !== undefined) expect(inEngine(id, 'ps', '--all')).toEqual(workersOf(id));
        // A worker goes on under the next control plane, unless it has spent its credential and got nothing, or this host
        // was so slow that it has given up: it waits for thirty seconds.
        const inTime = performance.now() - died < 25_000;
        if (before.length === 1 && point !== 'hello:attested' && inTime)
          expect(workersOf(id)).toEqual(before);
        // Before the worker was launched there was none to take over or to end.
        expect(before).toHaveLength(start.indexOf(point) >= start.indexOf('start:launched') ? 1 : 0);
        expect(await callPlane(second, 'POST', `/api/agents/${id}/stop`)).toMatchObject({
          status: 'stopped',
        });
        expect([workersOf(id), networksOf(id)]).toEqual([[], []]);
      },
      120_000,
    );
  });

  describe('while it stops a worker', () => {
    it.each(stop)(
      'at %s: the next one leaves the agent stopped, and no worker',
      async (point) => {
        const first = await plane();
        const { id } = (await callPlane(first, 'POST', '/api/agents', { name: 'test' })) as { id: string };
        await callPlane(first, 'POST', `/api/agents/${id}/start`);
        await reaches(first, id, 'running');
        const { where } = await diesAt(point, first, id, () =>
          callPlane(first, 'POST', `/api/agents/${id}/stop`),
        );
        expect(where).toBe(point);
        const second = await plane();
        await until('no worker', () => workersOf(id).length === 0, ORPHAN_MS);
        await until('no network', () => networksOf(id).length === 0, ORPHAN_MS);
        await reaches(second, id, 'stopped');
        expect(await callPlane(second, 'GET', `/api/agents/${id}/status`)).toMatchObject({
          desired: 'stopped',
        });
        expect(await mostWorkers(id, () => new Promise((resolve) => setTimeout(resolve, 1_500)))).toBe(0);
      },
      120_000,
    );
  });

  it('while a drill runs: the next one has neither its agents nor a worker of it, and says what became of it', async () => {
    const first = await plane();
    const { where } = await diesAt('hello:running', first, 'none', () =>
      callPlane(first, 'POST', '/api/drills', {}),
    );
    expect(where).toBe('hello:running');
    const second = await plane();
    const { items } = (await callPlane(second, 'GET', '/api/drills')) as { items: Record<string, string>[] };
    const [drill = {}] = items;
    expect(drill).toMatchObject({ state: 'done', verdict: 'fail' });
    expect(drill['reason']).toContain('The server ended');
    const agent = String(drill['worker_agent_id']);
    await until('no worker', () => workersOf(agent).length === 0, ORPHAN_MS);
    expect(await callPlane(second, 'GET', `/api/agents/${agent}`)).toMatchObject({ code: 'NOT_FOUND' });
    expect(JSON.stringify(await callPlane(second, 'GET', '/api/agents'))).not.toContain('drill-');
  }, 120_000);

  it('while several agents run: each goes on, once, and one that was stopped stays so', async () => {
    const first = await plane();
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const { id } = (await callPlane(first, 'POST', '/api/agents', { name: 'test' })) as { id: string };
      await callPlane(first, 'POST', `/api/agents/${id}/start`);
      ids.push(id);
    }
    for (const id of ids) await reaches(first, id, 'running');
    const [stopped = '', ...wanted] = ids;
    await callPlane(first, 'POST', `/api/agents/${stopped}/stop`);
    const before = ids.map(workersOf);
    expect(before.map(({ length }) => length)).toEqual([0, 1, 1, 1]);
    const died = performance.now();
    await endPlane(first, 'SIGKILL');
    current = undefined;
    const second = await plane();
    for (const id of wanted) await reaches(second, id, 'running');
    expect(ids.map((id) => workersOf(id).length)).toEqual([0, 1, 1, 1]);
    if (performance.now() - died < 25_000) expect(ids.map(workersOf)).toEqual(before);
  }, 120_000);
}
