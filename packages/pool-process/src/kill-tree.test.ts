import { expect, test } from 'vitest';
import { killTree } from './kill-tree.js';
import type { KillHost } from './kill-tree.js';
import type { ProcessEntry } from './process-table.js';

const entry = (pid: number, ppid: number): ProcessEntry => ({
  pid,
  ppid,
  pgid: pid,
  sid: pid,
  startTime: `t${pid}`,
  zombie: false,
});

/** A host where every running process forks one child into a session of its own after each look at the table. */
function forkingHost(generations: number, immortal: ReadonlySet<number> = new Set()) {
  const table = new Map([entry(1, 0), entry(100, 1)].map((one) => [one.pid, one]));
  const stopped = new Set<number>();
  const signals: string[] = [];
  let next = 101;
  const host: KillHost = {
    readTable: async () => {
      const look = new Map(table);
      for (const pid of look.keys()) {
        if (pid === 1 || stopped.has(pid) || next > 100 + generations) continue;
        table.set(next, entry(next, pid));
        next += 1;
      }
      return look;
    },
    signal: ({ pid }, signal) => {
      signals.push(`${signal} ${pid}`);
      if (signal === 'SIGSTOP') stopped.add(pid);
      if (signal !== 'SIGKILL' || immortal.has(pid)) return;
      table.delete(pid);
      for (const [child, old] of table) if (old.ppid === pid) table.set(child, { ...old, ppid: 1 });
    },
  };
  return { host, table, signals };
}

const root = { pid: 100, startTime: 't100' };

test('a worker wants a child to escape by forking between the look and the kill: it is found and killed', async () => {
  const { host, table } = forkingHost(6);
  expect(await killTree(root, [], { host })).toEqual([]);
  expect([...table.keys()]).toEqual([1]);
});

test('nothing is killed before everything is frozen', async () => {
  const { host, signals } = forkingHost(3);
  await killTree(root, [], { host });
  const firstKill = signals.findIndex((signal) => signal.startsWith('SIGKILL'));
  expect(signals.slice(0, firstKill).length).toBe(4);
  expect(signals.slice(firstKill).some((signal) => signal.startsWith('SIGSTOP'))).toBe(false);
});

test('what survives the kill until the deadline is named', async () => {
  const { host } = forkingHost(2, new Set([101]));
  const survivors = await killTree(root, [], { host, deadlineMs: 50 });
  expect(survivors.map(({ pid }) => pid)).toEqual([101]);
});
