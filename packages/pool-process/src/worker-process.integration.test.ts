import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PoolError } from '@clawforce/pool-core';
import type { LogLine, PoolEvent } from '@clawforce/pool-core';
import { afterEach, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { readProcessTable } from './process-table.js';
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

async function eventually<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 500; round += 1) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    await sleep(20);
  }
  throw new Error('waited in vain');
}

async function firstLine(lines: AsyncIterable<LogLine>, accept: (text: string) => boolean): Promise<string> {
  for await (const { text } of lines) if (accept(text)) return text;
  throw new Error('never written');
}

test('a worker killed from outside takes its grandchildren with it, and the reason says so', async () => {
  const { pool, root, spec } = await harness({ watchIntervalMs: 50 });
  const asked = await spec({ agentId: 'shot', generation: 1, behaviour: 'family' });
  const events: PoolEvent[] = [];
  const controller = new AbortController();
  void (async () => {
    for await (const event of pool.events({ signal: controller.signal })) events.push(event);
  })();
  const { engineId } = await pool.start(asked);
  const beat = join(asked.agentRoot, 'workspace', 'beat-session');
  await eventually(() => stat(beat).catch(() => undefined));
  await eventually(async () => {
    const record = await readFile(join(root, 'state', 'shot.1.worker.json'), 'utf8');
    const { escaped } = JSON.parse(record) as { escaped: unknown[] };
    return escaped.length > 0 ? escaped : undefined;
  });
  process.kill(Number(engineId), 'SIGKILL');
  const exit = await eventually(async () => (await pool.inspect('shot'))?.exit);
  expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(exit.reason).toMatch(/from outside the pool/);
  const last = await readFile(beat, 'utf8');
  await sleep(200);
  expect(await readFile(beat, 'utf8')).toBe(last);
  expect(events.map(({ kind }) => kind)).toEqual(['started', 'exited']);
  controller.abort();
});

test('a program that does not exist is START_FAILED, and a fixed one may use the same generation', async () => {
  const { pool, root, spec } = await harness({ command: ['/nonexistent/worker'] });
  const asked = await spec({ agentId: 'nothing', generation: 1, behaviour: 'idle' });
  for (let round = 0; round < 2; round += 1) {
    await expect(pool.start(asked)).rejects.toMatchObject({ name: 'PoolError', code: 'START_FAILED' });
  }
  expect(await pool.list()).toEqual([]);
  await expect(stat(join(root, 'state', 'nothing.1.worker.json'))).rejects.toThrow('ENOENT');
});

test('an agent root that is not a directory is refused by name', async () => {
  const { pool, root, spec } = await harness();
  const file = join(root, 'file');
  await writeFile(file, '');
  const asked = { ...(await spec({ agentId: 'file', generation: 1, behaviour: 'idle' })), agentRoot: file };
  await expect(pool.start(asked)).rejects.toMatchObject({ code: 'SPEC_INVALID', key: 'agentRoot' });
});

test('each worker writes to a sink of its own, which is ended after its last line', async () => {
  const got: string[] = [];
  const { pool, spec } = await harness({
    openLog: ({ agentId, generation }) => ({
      write: ({ stream, text }) => got.push(`${agentId}.${generation} ${stream} ${text}`),
      end: () => got.push('end'),
    }),
  });
  const asked = await spec({ agentId: 'sink', generation: 7, behaviour: 'crash' });
  await pool.start(asked);
  await eventually(async () => (await pool.inspect('sink'))?.exit);
  expect(got).toEqual(['sink.7 stderr about to crash', 'end']);
});

test('a sink that throws is dropped with a note, and the worker goes on', async () => {
  const { pool, spec } = await harness({
    openLog: () => ({
      write: () => {
        throw new Error('disk full');
      },
      end: () => undefined,
    }),
  });
  const asked = await spec({ agentId: 'full', generation: 1, behaviour: 'chatty' });
  await pool.start(asked);
  const note = await firstLine(pool.logs(asked, { follow: true }), (text) => text.includes('disk full'));
  expect(note).toMatch(/^\[the log sink failed/);
  expect(await firstLine(pool.logs(asked, { follow: true }), (text) => text === 'tick 1')).toBe('tick 1');
});

test('a worker has no terminal, no input and no descriptor of the control plane but those of its own output, for appending', async () => {
  const { pool, root, spec } = await harness();
  const script = `
    const { readdirSync, readlinkSync, readFileSync } = require('node:fs');
    const open = process.platform === 'linux'
      ? readdirSync('/proc/self/fd').map((fd) => { try { return fd + ' ' + readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } })
      : [];
    const flags = (fd) => Number.parseInt(/flags:\\s+(\\d+)/.exec(readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[1], 8);
    console.log(JSON.stringify({ input: readFileSync(0, 'utf8'), tty: process.stdin.isTTY === true, cwd: process.cwd(),
      writesOnly: open.length === 0 || [1, 2].every((fd) => (flags(fd) & 3) === 1 && (flags(fd) & 0o2000) !== 0),
      files: open.filter((name) => / \\/(?!dev\\/|proc\\/)/.test(name)) }));
    setInterval(() => undefined, 1000);`;
  await writeFile(join(root, 'worker.cjs'), script);
  const asked = await spec({ agentId: 'fds', generation: 1, behaviour: 'idle' });
  await pool.start(asked);
  const seen = JSON.parse(
    await firstLine(pool.logs(asked, { follow: true }), (text) => text.startsWith('{')),
  );
  const own = ['1', '2'].map(
    (fd) => `${fd} ${join(root, 'state', `fds.1.${fd === '1' ? 'stdout' : 'stderr'}.log`)}`,
  );
  const files = process.platform === 'linux' ? own : [];
  expect(seen).toEqual({ input: '', tty: false, cwd: asked.agentRoot, writesOnly: true, files });
});

requires('linux').test('a worker leads a process group and a session of its own', async () => {
  const { pool, spec } = await harness();
  const { engineId } = await pool.start(await spec({ agentId: 'leader', generation: 1, behaviour: 'idle' }));
  const { pgid, sid } = (await readProcessTable()).get(Number(engineId)) ?? {};
  expect([pgid, sid]).toEqual([Number(engineId), Number(engineId)]);
});

test('workers that have ended are reaped: none of them is a zombie of this process', async () => {
  const { pool, spec } = await harness();
  const pids: string[] = [];
  for (const behaviour of ['crash', 'idle', 'stubborn'] as const) {
    const asked = await spec({ agentId: behaviour, generation: 1, behaviour });
    pids.push((await pool.start(asked)).engineId);
    if (behaviour !== 'crash')
      await pool.stop(asked, { graceMs: behaviour === 'idle' ? 20_000 : 0, reason: 'test' });
    await eventually(async () => (await pool.inspect(behaviour))?.exit);
  }
  const table = await readProcessTable();
  expect(pids.filter((pid) => table.get(Number(pid))?.ppid === process.pid)).toEqual([]);
});

test('a stop with less grace shortens one that is under way', async () => {
  const { pool, spec } = await harness();
  const asked = await spec({ agentId: 'hurry', generation: 1, behaviour: 'stubborn' });
  await pool.start(asked);
  await firstLine(pool.logs(asked, { follow: true }), (text) => text === 'ready');
  const patient = pool.stop(asked, { graceMs: 60_000, reason: 'patient' });
  await sleep(50);
  const hasty = await pool.stop(asked, { graceMs: 0, reason: 'hasty' });
  expect((await patient).outcome).toBe('killed');
  expect(hasty.tookMs).toBeLessThan(5_000);
});

test('a crash is not reported as a stop on request when the request came too late', async () => {
  const { pool, spec } = await harness();
  const asked = await spec({ agentId: 'dead', generation: 1, behaviour: 'crash' });
  await pool.start(asked);
  await eventually(async () => (await pool.inspect('dead'))?.exit);
  const report = await pool.stop(asked, { graceMs: 100, reason: 'late' });
  expect(report.outcome).toBe('absent');
  expect(report.exit?.reason).toBe('crashed with exit code 7');
});

test('a fork bomb that runs from the kill is frozen first: every one of it dies', async () => {
  const { pool, root, spec } = await harness();
  const script = `
    const { spawn } = require('node:child_process');
    const { writeFileSync } = require('node:fs');
    const depth = Number(process.env.DEPTH || 0);
    const again = () => spawn(process.execPath, [__filename], { detached: true, stdio: 'ignore', env: { ...process.env, DEPTH: String(depth + 1) } });
    process.on('SIGTERM', () => undefined);
    if (depth < 12) { again(); if (depth === 0) console.log('ready'); }
    setInterval(() => writeFileSync(process.env.AGENT_ROOT + '/workspace/bomb', String(Date.now())), 20);`;
  await writeFile(join(root, 'worker.cjs'), script);
  const asked = await spec({ agentId: 'bomb', generation: 1, behaviour: 'idle' });
  await pool.start(asked);
  const bomb = join(asked.agentRoot, 'workspace', 'bomb');
  await eventually(() => stat(bomb).catch(() => undefined));
  await pool.stop(asked, { graceMs: 0, reason: 'test' });
  const last = await readFile(bomb, 'utf8');
  await sleep(300);
  expect(await readFile(bomb, 'utf8')).toBe(last);
});

const root = requires('root', 'linux');
root.test('as root, a worker runs as the user of its specification without the groups of root', async () => {
  const { pool, root: directory, spec } = await harness();
  await writeFile(
    join(directory, 'worker.cjs'),
    'console.log(JSON.stringify([process.getuid(), process.getgid(), process.getgroups()])); setInterval(() => undefined, 1000);',
  );
  const { chmod } = await import('node:fs/promises');
  await chmod(directory, 0o755);
  const asked = {
    ...(await spec({ agentId: 'user', generation: 1, behaviour: 'idle' })),
    user: { uid: 20_123, gid: 20_124 },
  };
  await pool.start(asked);
  const line = await firstLine(pool.logs(asked, { follow: true }), (text) => text.startsWith('['));
  expect(JSON.parse(line)).toEqual([20_123, 20_124, [20_124]]);
});

test('only a control plane that is root can give a worker another user', async () => {
  if (process.getuid?.() === 0) {
    const { refuseUnsupported } = await import('./probe.js');
    const { spec } = await harness();
    const asked = await spec({ agentId: 'user', generation: 1, behaviour: 'idle' });
    expect(() => refuseUnsupported({ ...asked, user: { uid: 1, gid: 1 } })).not.toThrow();
    return;
  }
  const { pool, spec } = await harness();
  const asked = {
    ...(await spec({ agentId: 'user', generation: 1, behaviour: 'idle' })),
    user: { uid: 1, gid: 1 },
  };
  await expect(pool.start(asked)).rejects.toThrow(PoolError);
});
