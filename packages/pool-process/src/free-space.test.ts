import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { emptyFile, punchHole } from './free-space.js';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'free-'));
  path = join(directory, 'file');
});
afterEach(() => rm(directory, { recursive: true }));

requires('linux').test('a hole takes no space, and moves nothing behind it', async () => {
  await writeFile(path, `${'a'.repeat(1 << 20)}behind`);
  expect(await punchHole(path, 0, 1 << 20)).toBe(true);
  const { size, blocks } = await stat(path);
  expect([size, blocks * 512 < 1 << 16]).toEqual([(1 << 20) + 6, true]);
  await appendFile(path, ' and more');
  expect((await readFile(path, 'latin1')).slice(1 << 20)).toBe('behind and more');
});

test('where no hole can be made, that is the answer', async () => {
  expect(await punchHole(join(directory, 'nowhere'), 0, 4096)).toBe(false);
});

test('a file is emptied only when nothing was appended since it was read', async () => {
  await writeFile(path, 'read, and more');
  expect(emptyFile(path, 4)).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('read, and more');
  expect(emptyFile(path, 14)).toBe(true);
  await appendFile(path, 'next');
  expect(await readFile(path, 'utf8')).toBe('next');
});
