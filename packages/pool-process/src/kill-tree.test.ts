import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { killTree } from './kill-tree.js';
import type { KillHost } from './kill-tree.js';
import type { ProcessEntry } from './process-table.js';

const entry = (pid: number, ppid: number, stopped = false): ProcessEntry => ({
  pid,
  ppid,
  pgid: pid,
  sid: pid,
  startTime: `t${pid}`,
  zombie: false,
  stopped,
});

interface HostOptions {
  /** How many children may be forked in all. */
  readonly generations: number;
  /** How many looks at the table pass before a process that was told to stop stands still. */
  readonly stopLag?: number;
  /** `each-look`: whoever runs forks after each look. `under-way`: one fork completes as its parent stops or dies. */
  readonly forks?: 'each-look' | 'under-way';
  readonly immortal?: ReadonlySet<number>;
  /** Processes that never stand still, as one that waits for a device. */
  readonly unstoppable?: ReadonlySet<number>;
}

/** A host whose processes fork children into sessions of their own. */
function forkingHost(options: HostOptions) {
  const { generations, stopLag = 0, forks = 'each-look', immortal, unstoppable } = options;
  const table = new Map([entry(1, 0), entry(100, 1)].map((one) => [one.pid, one]));
  const looksUntilStill = new Map<number, number>();
  const signals: string[] = [];
  let next = 101;
  const fork = (ppid: number): void => {
    if (next > 100 + generations) return;
    table.set(next, entry(next, ppid));
    next += 1;
  };
  const stands = (pid: number): boolean => table.get(pid)?.stopped === true;
  const host: KillHost = {
    readTable: async () => {
      const look = new Map(table);
      for (const [pid, looks] of looksUntilStill) {
        const held = table.get(pid);
        looksUntilStill.set(pid, looks - 1);
        if (!held || held.stopped || looks > 0) continue;
        if (forks === 'under-way') fork(pid);
        table.set(pid, { ...held, stopped: true });
      }
      for (const pid of look.keys()) {
        if (forks === 'each-look' && pid !== 1 && !stands(pid) && !unstoppable?.has(pid)) fork(pid);
      }
      return look;
    },
    signal: ({ pid }, signal) => {
      signals.push(`${signal} ${pid}`);
      if (signal === 'SIGSTOP' && !unstoppable?.has(pid)) looksUntilStill.set(pid, stopLag);
      if (signal !== 'SIGKILL' || immortal?.has(pid)) return;
      if (forks === 'under-way' && looksUntilStill.has(pid) && !stands(pid)) fork(1);
      table.delete(pid);
      for (const [child, old] of table) if (old.ppid === pid) table.set(child, { ...old, ppid: 1 });
    },
  };
  return { host, table, signals };
}

const root = { pid: 100, startTime: 't100' };

test('a worker wants a child to escape by forking between the look and the kill: it is found and killed', async () => {
  const { host, table } = forkingHost({ generations: 6 });
  expect(await killTree(root, [], { host })).toEqual([]);
  expect([...table.keys()]).toEqual([1]);
});

test.each([0, 1, 2, 5])(
  'a fork that was under way when the signal came completes %i looks later: its child dies as well',
  async (stopLag) => {
    const { host, table } = forkingHost({ generations: 5, stopLag, forks: 'under-way' });
    expect(await killTree(root, [], { host })).toEqual([]);
    expect([...table.keys()]).toEqual([1]);
  },
);

test('a process that cannot stand still delays the kill, and does not prevent it', async () => {
  const { host, table } = forkingHost({ generations: 1, unstoppable: new Set([100]) });
  expect(await killTree(root, [], { host, deadlineMs: 200 })).toEqual([]);
  expect([...table.keys()]).toEqual([1]);
});

test('a busy host: a tree that still grows when the time of a tree at rest would be over is frozen to its last child', async () => {
  const { host, table } = forkingHost({ generations: 8 });
  const slow = {
    ...host,
    readTable: async () => {
      await sleep(40);
      return host.readTable();
    },
  };
  expect(await killTree(root, [], { host: slow, deadlineMs: 2_000, freezeMs: 200 })).toEqual([]);
  expect([...table.keys()]).toEqual([1]);
});

test('nothing is killed before everything is frozen', async () => {
  const { host, signals } = forkingHost({ generations: 3 });
  await killTree(root, [], { host });
  const firstKill = signals.findIndex((signal) => signal.startsWith('SIGKILL'));
  expect(signals.slice(0, firstKill).length).toBe(4);
  expect(signals.slice(firstKill).some((signal) => signal.startsWith('SIGSTOP'))).toBe(false);
});

test('what survives the kill until the deadline is named', async () => {
  const { host } = forkingHost({ generations: 2, immortal: new Set([101]) });
  const survivors = await killTree(root, [], { host, deadlineMs: 50 });
  expect(survivors.map(({ pid }) => pid)).toEqual([101]);
});
