import { expect, test } from 'vitest';
import { parseStat } from './process-table.js';
import type { ProcessEntry } from './process-table.js';
import { treeMembers } from './process-tree.js';
import { parsePs } from './ps-table.js';

const entry = (
  pid: number,
  ppid: number,
  pgid = pid,
  sid = pid,
  more: Partial<ProcessEntry> = {},
): ProcessEntry => ({
  pid,
  ppid,
  pgid,
  sid,
  startTime: `t${pid}`,
  zombie: false,
  stopped: false,
  ...more,
});

const table = (...entries: ProcessEntry[]): Map<number, ProcessEntry> =>
  new Map(entries.map((one) => [one.pid, one]));

const pids = (entries: readonly ProcessEntry[]): number[] =>
  entries.map(({ pid }) => pid).sort((a, b) => a - b);

const root = { pid: 100, startTime: 't100' };

test('takes group, session and descendants, and nobody else', () => {
  const found = treeMembers(
    table(
      entry(100, 50),
      entry(101, 100, 100, 100),
      entry(102, 101),
      entry(103, 102, 103, 103),
      entry(104, 1, 100, 100),
      entry(200, 50),
      entry(201, 200),
    ),
    root,
  );
  expect(pids(found)).toEqual([100, 101, 102, 103, 104]);
});

test('finds what was seen to leave the group after the worker itself is gone', () => {
  const left = entry(103, 1);
  expect(pids(treeMembers(table(left, entry(105, 103)), root, [left]))).toEqual([103, 105]);
});

test('a pid that was reused by a stranger is left alone, and so is its group', () => {
  const stranger = entry(100, 50, 100, 100, { startTime: 'later' });
  expect(treeMembers(table(stranger, entry(101, 100, 100, 100)), root)).toEqual([]);
  expect(treeMembers(table(entry(103, 1, 103, 103, { startTime: 'later' })), root, [entry(103, 1)])).toEqual(
    [],
  );
});

test('never names init or this process, whatever the table claims, and no zombie', () => {
  const found = treeMembers(
    table(
      entry(100, 50),
      entry(1, 100, 100, 100),
      entry(process.pid, 100, 100, 100),
      entry(106, 100, 106, 106, { zombie: true }),
    ),
    root,
  );
  expect(pids(found)).toEqual([100]);
});

test('a cycle in the table ends', () => {
  expect(pids(treeMembers(table(entry(100, 101), entry(101, 100)), root))).toEqual([100, 101]);
});

test('a command name with brackets and spaces does not shift the fields of stat', () => {
  const fields = ['S', '7', '8', '9', ...Array.from({ length: 15 }, () => '0'), '4711', '0'];
  expect(parseStat(`42 (a) R (b) ${fields.join(' ')}`)).toEqual({
    pid: 42,
    ppid: 7,
    pgid: 8,
    sid: 9,
    startTime: '4711',
    zombie: false,
    stopped: false,
  });
  expect(parseStat('')).toBe(undefined);
});

test('reads what ps prints on macOS', () => {
  const found = parsePs(
    '    1     0     1 Ss   Mon Nov 23 10:00:00 2026    \n  502   501   502 Z+   Tue Nov 24 09:08:07 2026\n\n',
  );
  expect([...found.values()]).toEqual([
    {
      pid: 1,
      ppid: 0,
      pgid: 1,
      sid: -1,
      startTime: 'Mon Nov 23 10:00:00 2026',
      zombie: false,
      stopped: false,
    },
    {
      pid: 502,
      ppid: 501,
      pgid: 502,
      sid: -1,
      startTime: 'Tue Nov 24 09:08:07 2026',
      zombie: true,
      stopped: false,
    },
  ]);
});
