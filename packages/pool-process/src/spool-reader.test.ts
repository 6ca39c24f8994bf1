import { appendFile, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { SpoolReader } from './spool-reader.js';
import type { SpoolReaderOptions } from './spool-reader.js';

const STEP = 64 * 1024;
let directory: string;
let path: string;
let lines: string[];
let notes: string[];
let readers: SpoolReader[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
  path = join(directory, 'out.log');
  await writeFile(path, '');
  [lines, notes, readers] = [[], [], []];
});
afterEach(async () => {
  for (const reader of readers) await reader.finish();
  await rm(directory, { recursive: true });
});

function read(options: Partial<SpoolReaderOptions> = {}): SpoolReader {
  const reader = new SpoolReader({
    path,
    position: 0,
    take: (text) => lines.push(text),
    note: (sentence) => notes.push(sentence),
    ...options,
  });
  readers.push(reader);
  return reader;
}

async function until(probe: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1000; round += 1) {
    if (await probe()) return;
    await sleep(10);
  }
  throw new Error('waited in vain');
}

test('lines come as they are appended, and the last one without its end when nobody writes any more', async () => {
  const reader = read();
  await appendFile(path, 'one\ntw');
  await until(() => lines.length === 1);
  await appendFile(path, 'o\nthree');
  await until(() => lines.length === 2);
  await reader.finish();
  expect(lines).toEqual(['one', 'two', 'three']);
  await appendFile(path, 'four\n');
  await sleep(50);
  expect(lines).toHaveLength(3);
});

test('the position is behind the last whole line, and another reader goes on from there', async () => {
  await writeFile(path, 'one\ntwo\nthr');
  const reader = read();
  await until(() => lines.length === 2);
  expect(reader.position).toBe(8);
  await appendFile(path, 'ee\nfour\n');
  lines = [];
  await read({ position: 8 }).finish();
  expect(lines.slice(0, 2)).toEqual(['three', 'four']);
});

requires('linux').test(
  'what was kept gives its space back while the writer goes on, and no line is lost',
  async () => {
    const reader = read({ freeStepBytes: STEP });
    const line = 'x'.repeat(1000);
    const total = 2_000;
    const writing = (async () => {
      for (let count = 0; count < total; count += 1) await appendFile(path, `${count} ${line}\n`);
    })();
    const keeping = setInterval(() => reader.keptUpTo(reader.position), 5);
    await writing;
    await until(() => lines.length === total);
    await until(async () => (await stat(path)).blocks * 512 < 3 * STEP);
    clearInterval(keeping);
    expect((await stat(path)).size).toBeGreaterThan(total * 1000);
    expect(lines.map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: total }, (_, n) => n),
    );
    expect(notes).toEqual([]);
  },
);

test('more than one look takes in waits for whoever takes the lines', async () => {
  await writeFile(path, `${'p'.repeat(999)}\n`.repeat(1000));
  const seen: number[] = [];
  const pace = async (): Promise<void> => {
    await sleep(1);
    seen.push(lines.length);
  };
  await read({ pace }).finish();
  expect(lines).toHaveLength(1000);
  // At most a look's worth of lines, and the rest of one, come between two waits.
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...seen.map((count, index) => count - (seen[index - 1] ?? 0)))).toBeLessThan(300);
});

test('what was not kept keeps its space', async () => {
  read({ freeStepBytes: STEP });
  await writeFile(path, `${'y'.repeat(999)}\n`.repeat(500));
  await until(() => lines.length === 500);
  await sleep(50);
  expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(499 * 1000);
});

test('a worker wants to fill the disk faster than anybody reads: the excess is skipped, and how much is said', async () => {
  await writeFile(path, `${'z'.repeat(99)}\n`.repeat(1000));
  await read({ maxBacklogBytes: 20_000 }).finish();
  expect(notes).toEqual(['[90000 bytes skipped: the worker prints faster than they are read]']);
  expect(lines).toHaveLength(100);
});

test('a worker that empties its own output is read from the start', async () => {
  await writeFile(path, 'one\ntwo\n');
  const reader = read();
  await until(() => lines.length === 2);
  await truncate(path, 0);
  await until(() => notes.length === 1);
  await appendFile(path, 'three\n');
  await until(() => lines.length === 3);
  expect(lines[2]).toBe('three');
  expect(reader.position).toBe(6);
});

test('an output file that is not there is said, and ends nothing', async () => {
  await read({ path: join(directory, 'nowhere.log') }).finish();
  expect(notes).toEqual(['[the output cannot be read any more: ENOENT]']);
});
