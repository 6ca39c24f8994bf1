import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmod, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { specHash } from '@clawforce/pool-core';
import type { PoolEvent } from '@clawforce/pool-core';
import { afterEach, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { bootId, identify, readProcessTable, readPsTable } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { isAlive } from './process-tree.js';
import { ProcessPool } from './process-pool.js';
import { abandonWorker } from './testing/abandon-worker.js';
import { makeHarness } from './testing/make-harness.js';
import type { WorkerRecord } from './worker-record.js';

const disposals: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function harness(options: Parameters<typeof makeHarness>[0] = {}) {
  const made = await makeHarness(options);
  disposals.push(made.dispose);
  return made;
}

async function eventually<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
  for (let round = 0; round < 1000; round += 1) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(20);
  }
  throw new Error('waited in vain');
}

const alive = async (identity: ProcessIdentity): Promise<boolean> =>
  isAlive(await readProcessTable(), identity);

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** A process that no pool has started. */
async function stranger(options: SpawnOptions = {}): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', 'setInterval(()=>{},1000)'], { stdio: 'ignore', ...options });
  await once(child, 'spawn');
  disposals.push(() => void child.kill('SIGKILL'));
  const identity = await identify(child.pid ?? 0);
  if (!identity) throw new Error('the stranger is not there');
  return identity;
}

test('after a SIGKILL of the control plane the next one goes on with the worker: same process, its numbers, and a stop that ends its whole tree', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'orphan', generation: 4, behaviour: 'stubborn-family' });
  const orphan = await abandonWorker(root, asked);
  const beat = join(asked.agentRoot, 'workspace', 'beat-session');
  await eventually(async () => (await textOf(beat)) !== '');

  expect(await pool.adoptOrphans()).toEqual([{ agentId: 'orphan', generation: 4, outcome: 'adopted' }]);
  expect(await pool.list()).toMatchObject([
    {
      agentId: 'orphan',
      generation: 4,
      engineId: String(orphan.pid),
      state: 'running',
      specHash: specHash(asked),
    },
  ]);
  const handle = await pool.start(asked);
  expect(handle.engineId).toBe(String(orphan.pid));
  if (pool.capabilities.has('stats')) expect((await pool.stats(asked))?.pids).toBeGreaterThanOrEqual(3);
  const before = await readFile(beat, 'utf8');
  await eventually(async () => (await readFile(beat, 'utf8')) !== before);

  const report = await pool.stop(asked, { graceMs: 100, reason: 'test' });
  expect(report).toMatchObject({ outcome: 'killed', exit: { code: null, signal: null } });
  expect(await alive(orphan)).toBe(false);
  const last = await readFile(beat, 'utf8');
  await sleep(200);
  expect(await readFile(beat, 'utf8')).toBe(last);
  expect(await readdir(join(root, 'state'))).toEqual([]);
});

test('of what a worker prints before, between and after two control planes nothing is lost', async () => {
  const lines: string[] = [];
  const { pool, root, spec } = await harness({
    openLog: () => ({
      write: ({ text }) => lines.push(text),
      kept: () => Promise.resolve([{ time: '', stream: 'stdout', text: 'from before' }]),
      end: () => lines.push('end'),
    }),
  });
  const sink = join(root, 'sink');
  const asked = await spec({ agentId: 'chatty', generation: 1, behaviour: 'chatty' });
  await abandonWorker(root, asked, { sink, when: ({ read }) => read.stdout > 0 });
  const spool = join(root, 'state', 'chatty.1.stdout.log');
  const printed = await readFile(spool, 'utf8');
  // It goes on though nobody reads.
  await eventually(async () => (await readFile(spool, 'utf8')).length > printed.length + 50);
  for await (const { text } of pool.logs(asked, { follow: true }))
    if (Number(text.split('tick ')[1]) >= 12) break;
  await pool.stop(asked, { graceMs: 20_000, reason: 'test' });
  const shown: string[] = [];
  for await (const { text } of pool.logs(asked, { tail: 10_000 })) shown.push(text);
  expect(shown).toEqual(['from before', ...lines.slice(0, -1)]);
  const got = [...(await readFile(sink, 'utf8')).split('\n'), ...lines];
  const count = Math.max(...got.map((text) => Number(/^tick (\d+)$/.exec(text)?.[1] ?? 0)));
  const ticks = Array.from({ length: count }, (_, index) => `tick ${index + 1}`);
  const words = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`);
  expect(new Set(got)).toEqual(new Set([...words, ...ticks, 'a word on stderr', 'asked to stop', 'end', '']));
  expect(lines.slice(-2)).toEqual(['asked to stop', 'end']);
  // What the first one had kept for a while is not told again.
  expect(lines).not.toContain('line 1');
});

test('the end of an adopted worker is noticed, and that its exit code is not known is said', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'shot', generation: 2, behaviour: 'family' });
  const orphan = await abandonWorker(root, asked);
  const beat = join(asked.agentRoot, 'workspace', 'beat-session');
  await eventually(async () => (await textOf(beat)) !== '');
  await pool.adoptOrphans();
  const controller = new AbortController();
  const events: PoolEvent[] = [];
  const heard = (async () => {
    for await (const event of pool.events({ signal: controller.signal })) {
      events.push(event);
      controller.abort();
    }
  })();
  process.kill(orphan.pid, 'SIGKILL');
  await heard;
  const exit = {
    code: null,
    signal: null,
    reason: 'ended by itself; its exit code is not known, because an earlier control plane started it',
  };
  expect(events).toMatchObject([{ kind: 'exited', agentId: 'shot', generation: 2, exit }]);
  expect(await pool.inspect('shot')).toMatchObject({ state: 'exited', exit });
  const last = await readFile(beat, 'utf8');
  await sleep(200);
  expect(await readFile(beat, 'utf8')).toBe(last);
  await expect(pool.start(asked)).rejects.toMatchObject({ code: 'GENERATION_STALE' });
});

test('a worker that ended while no control plane was there leaves its last words, and nothing of its tree', async () => {
  const lines: string[] = [];
  const { pool, root, spec } = await harness({
    openLog: () => ({ write: ({ text }) => lines.push(text), end: () => undefined }),
  });
  const asked = await spec({ agentId: 'gone', generation: 1, behaviour: 'family' });
  const orphan = await abandonWorker(root, asked, { when: ({ escaped }) => escaped.length > 0 });
  const beat = join(asked.agentRoot, 'workspace', 'beat-group');
  await eventually(async () => (await textOf(beat)) !== '');
  process.kill(orphan.pid, 'SIGTERM');
  await eventually(async () => !(await alive(orphan)));
  expect(await pool.adoptOrphans()).toEqual([{ agentId: 'gone', generation: 1, outcome: 'ended' }]);
  expect(lines).toContain('asked to stop');
  const last = await readFile(beat, 'utf8');
  await sleep(200);
  expect(await readFile(beat, 'utf8')).toBe(last);
  expect(await readdir(join(root, 'state'))).toEqual([]);
});

test('an adopted worker is held to its generation and specification like any other', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'held', generation: 3, behaviour: 'stubborn' });
  const orphan = await abandonWorker(root, asked);
  const other = { ...asked, env: { ...asked.env, MORE: '1' } };
  await expect(pool.start(other)).rejects.toMatchObject({ code: 'SPEC_INVALID', key: 'generation' });
  await expect(pool.start({ ...asked, generation: 2 })).rejects.toMatchObject({ code: 'GENERATION_STALE' });
  expect(await alive(orphan)).toBe(true);
  const newer = await pool.start({ ...other, generation: 4 });
  expect(await alive(orphan)).toBe(false);
  expect((await pool.list()).map(({ engineId }) => engineId)).toEqual([newer.engineId]);
});

test('workers of another owner and of a living control plane are left alone', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'foreign', generation: 1, behaviour: 'idle' });
  const foreign = await abandonWorker(root, asked, { ownerId: 'other' });
  await pool.start(await spec({ agentId: 'own', generation: 1, behaviour: 'idle' }));
  const second = new ProcessPool({ command: ['node'], ownerId: 'test', stateDir: join(root, 'state') });
  expect(await second.adoptOrphans()).toEqual([]);
  await second.close();
  expect((await pool.list()).map(({ agentId, state }) => [agentId, state])).toEqual([['own', 'running']]);
  expect(await alive(foreign)).toBe(true);

  const owner = new ProcessPool({ command: ['node'], ownerId: 'other', stateDir: join(root, 'state') });
  expect(await owner.adoptOrphans()).toMatchObject([{ agentId: 'foreign', outcome: 'adopted' }]);
  await owner.close();
  expect(await alive(foreign)).toBe(false);
});

requires('linux').test(
  'a control plane that dies between spawn and record is no way out: the worker is known by its output file',
  async () => {
    const { pool, root, spec } = await harness();
    const asked = await spec({ agentId: 'between', generation: 1, behaviour: 'family' });
    const orphan = await abandonWorker(root, asked);
    const path = join(root, 'state', 'between.1.worker.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as WorkerRecord;
    await writeFile(path, JSON.stringify({ ...record, worker: null, escaped: [] }));
    expect(await pool.adoptOrphans()).toMatchObject([{ outcome: 'adopted' }]);
    expect((await pool.inspect('between'))?.engineId).toBe(String(orphan.pid));
  },
);

test('an agent wants strangers adopted or killed: records that are stale, forged or planted name nobody', async () => {
  const { pool, root } = await harness();
  const state = join(root, 'state');
  const [leader, follower] = [await stranger({ detached: true }), await stranger()];
  const record: WorkerRecord = {
    version: 2,
    ownerId: 'test',
    agentId: 'x',
    generation: 1,
    specHash: 'hash',
    startedAt: new Date().toISOString(),
    boot: bootId(),
    uid: process.getuid?.() ?? -1,
    worker: leader,
    escaped: [],
    keeper: { pid: 999_999, startTime: '1' },
    read: { stdout: 0, stderr: 0 },
  };
  let generation = 0;
  const plant = async (change: Partial<WorkerRecord>, mode = 0o600): Promise<string> => {
    generation += 1;
    const path = join(state, `x.${generation}.worker.json`);
    await writeFile(path, JSON.stringify({ ...record, generation, ...change }), { mode: 0o600 });
    await chmod(path, mode);
    return path;
  };
  // Read, and known to be nobody's.
  await plant({ worker: { pid: leader.pid, startTime: '1' } });
  await plant({
    worker: { pid: leader.pid, startTime: '1' },
    escaped: [{ pid: follower.pid, startTime: '1' }],
  });
  await plant({ worker: follower });
  await plant({ worker: null });
  if (process.platform === 'linux') {
    await plant({ boot: 'another-boot' });
    await plant({ uid: 54_321 });
  }
  const read = generation;
  // Not even read: another version, half a record, another name, or not this user's alone.
  await plant({ version: 1 as 2 });
  await writeFile(join(state, 'x.99.worker.json'), '{"version":2', { mode: 0o600 });
  await plant({ generation: 77 });
  await plant({}, 0o622);
  const elsewhere = join(root, 'planted.json');
  await rename(await plant({ generation: generation + 1 }), elsewhere);
  await symlink(elsewhere, join(state, `x.${generation}.worker.json`));
  await rename(await plant({ generation: generation + 1 }), join(root, 'linked.json'));
  await link(join(root, 'linked.json'), join(state, `x.${generation}.worker.json`));

  const found = await pool.adoptOrphans();
  expect(found.map(({ outcome }) => outcome)).toEqual(Array.from({ length: read }, () => 'ended'));
  expect((await pool.list()).filter((worker) => worker.state === 'running')).toEqual([]);
  expect([await alive(leader), await alive(follower)]).toEqual([true, true]);
});

test('records go away with their workers, and the directory is private', async () => {
  const { pool, root, spec } = await harness();
  const asked = await spec({ agentId: 'tidy', generation: 1, behaviour: 'idle' });
  await pool.start(asked);
  const names = ['tidy.1.stderr.log', 'tidy.1.stdout.log', 'tidy.1.worker.json'];
  expect((await readdir(join(root, 'state'))).sort()).toEqual(names);
  for (const name of names) expect((await stat(join(root, 'state', name))).mode & 0o777).toBe(0o600);
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
