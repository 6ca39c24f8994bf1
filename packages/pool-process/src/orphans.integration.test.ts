import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerSpec } from '@clawforce/pool-core';
import { afterEach, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { identify, readProcessTable, readPsTable } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { isAlive } from './process-tree.js';
import { ProcessPool } from './process-pool.js';
import { makeHarness } from './testing/make-harness.js';

const disposals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function harness(options: Parameters<typeof makeHarness>[0] = {}) {
  const made = await makeHarness(options);
  disposals.push(made.dispose);
  return made;
}

async function eventually(probe: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    if (await probe()) return;
    await sleep(20);
  }
  throw new Error('waited in vain');
}

/** Starts a worker in a control plane of its own, which is then killed with SIGKILL. */
async function abandon(root: string, spec: WorkerSpec, ownerId: string): Promise<ProcessIdentity> {
  const options = {
    command: [process.execPath, join(root, 'worker.cjs')],
    ownerId,
    stateDir: join(root, 'state'),
  };
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions',
      '@clawforce/source',
      here('./testing/control-plane.mjs'),
      here('./index.ts'),
      JSON.stringify(options),
      JSON.stringify(spec),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const identity = await identify(Number(line.toString().trim()));
  if (!identity) throw new Error('the worker is not there');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}

const alive = async (identity: ProcessIdentity): Promise<boolean> =>
  isAlive(await readProcessTable(), identity);

test('after a SIGKILL of the control plane the next one kills the orphan with its grandchildren', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'orphan', generation: 4, behaviour: 'stubborn-family' });
  const orphan = await abandon(root, asked, 'test');
  const beat = join(asked.agentRoot, 'workspace', 'beat-session');
  await eventually(() =>
    stat(beat).then(
      () => true,
      () => false,
    ),
  );
  expect(await alive(orphan)).toBe(true);

  const swept = await pool.sweepOrphans();
  expect(swept).toMatchObject([{ agentId: 'orphan', generation: 4, outcome: 'killed' }]);
  expect(swept[0]?.processes).toBeGreaterThanOrEqual(3);
  expect(await alive(orphan)).toBe(false);
  const last = await readFile(beat, 'utf8');
  await sleep(200);
  expect(await readFile(beat, 'utf8')).toBe(last);
  expect(await pool.sweepOrphans()).toEqual([]);
});

test('a sweep leaves workers of another owner and of a living control plane alone', async () => {
  const { pool, root, spec } = await harness();
  const foreign = await abandon(
    root,
    await spec({ agentId: 'foreign', generation: 1, behaviour: 'idle' }),
    'other',
  );
  const own = await pool.start(await spec({ agentId: 'own', generation: 1, behaviour: 'idle' }));
  expect(await pool.sweepOrphans()).toEqual([]);
  expect(await alive(foreign)).toBe(true);
  expect((await pool.inspect('own'))?.engineId).toBe(own.engineId);

  const owner = new ProcessPool({ command: ['node'], ownerId: 'other', stateDir: join(root, 'state') });
  expect(await owner.sweepOrphans()).toMatchObject([{ agentId: 'foreign', outcome: 'killed' }]);
  await owner.close();
});

test('an agent wants a stranger killed by a forged or stale record: another start time or boot is never matched', async () => {
  const { pool, root } = await harness();
  const victim = spawn(process.execPath, ['-e', 'setInterval(()=>{},1000)'], {
    stdio: 'ignore',
    detached: true,
  });
  await once(victim, 'spawn');
  const identity = await identify(victim.pid ?? 0);
  if (!identity) throw new Error('the victim is not there');
  const record = {
    version: 1,
    ownerId: 'test',
    agentId: 'x',
    generation: 1,
    boot: 'another-boot',
    worker: identity,
    escaped: [],
    keeper: { pid: 999_999, startTime: '1' },
  };
  const state = join(root, 'state');
  await writeFile(join(state, 'x.1.worker.json'), JSON.stringify(record));
  await writeFile(
    join(state, 'x.2.worker.json'),
    JSON.stringify({ ...record, generation: 2, boot: '', worker: { pid: identity.pid, startTime: '1' } }),
  );
  await writeFile(join(state, 'x.3.worker.json'), '{"version":1');
  const outcomes = (await pool.sweepOrphans()).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['gone', 'gone']);
  expect(await alive(identity)).toBe(true);
  victim.kill('SIGKILL');
});

test('records go away with their workers, and the directory is private', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'tidy', generation: 1, behaviour: 'idle' });
  await pool.start(asked);
  expect(await readdir(join(root, 'state'))).toEqual(['tidy.1.worker.json']);
  expect((await stat(join(root, 'state'))).mode & 0o777).toBe(0o700);
  await pool.stop(asked, { graceMs: 5_000, reason: 'test' });
  expect(await readdir(join(root, 'state'))).toEqual([]);
});

test('an agent wants to place the records: a state directory that is a link is refused', async () => {
  const { root } = await harness();
  const target = join(root, 'target');
  await mkdir(target);
  await symlink(target, join(root, 'link'));
  expect(() => new ProcessPool({ command: ['node'], ownerId: 'me', stateDir: join(root, 'link') })).toThrow(
    expect.objectContaining({ code: 'BACKEND_UNAVAILABLE' }),
  );
});

test('a worker does not run when its record cannot be written', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'norecord', generation: 1, behaviour: 'idle' });
  await mkdir(join(root, 'state', 'norecord.1.worker.json'));
  await expect(pool.start(asked)).rejects.toThrow();
  expect((await pool.list()).filter(({ state }) => state === 'running')).toEqual([]);
});

requires('linux', 'ps').test('ps and /proc tell the same tree of this process', async () => {
  const [own, fromPs] = [await readProcessTable(), await readPsTable()];
  const { ppid, pgid } = own.get(process.pid) ?? {};
  expect(fromPs.get(process.pid)).toMatchObject({ ppid, pgid });
});
