import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentFiles } from '../agents/agent-files.js';
import { readWorkerLog } from './read-worker-log.js';

const time = '2026-01-01T00:00:00.000Z';
let root: string;
let files: AgentFiles;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cp-log-'));
  files = new AgentFiles(root, { allowDetectOnly: process.platform !== 'linux' });
});
afterEach(async () => {
  await files.close();
  await rm(root, { recursive: true, force: true });
});

const write = async (name: string, text: string): Promise<void> => {
  await (await files.control('a1')).appendFile(`.logs/${name}`, text);
};
const lines = async (tail: number): Promise<string[]> =>
  (await readWorkerLog(files, 'a1', tail)).map(({ text }) => text);

test('an agent whose worker never printed has none', async () => {
  expect(await lines(10)).toEqual([]);
});

test('gives the last lines as they were printed, blanks and odd ones too', async () => {
  await write(
    'worker.log',
    `${time} stdout first\n${time} stderr  two  blanks \n(3 lines were dropped)\n${time} stdout \n`,
  );
  expect(await readWorkerLog(files, 'a1', 10)).toEqual([
    { time, stream: 'stdout', text: 'first' },
    { time, stream: 'stderr', text: ' two  blanks ' },
    { time, stream: 'stderr', text: '(3 lines were dropped)' },
    { time, stream: 'stdout', text: '' },
  ]);
  expect(await lines(2)).toEqual(['(3 lines were dropped)', '']);
  expect(await lines(0)).toEqual([]);
});

test('goes on in the older files only when it needs them', async () => {
  await write('worker.log', `${time} stdout newest\n`);
  await write('worker.log.1', `${time} stdout older\n${time} stdout old\n`);
  await write('worker.log.2', `${time} stdout oldest\n`);
  expect(await lines(2)).toEqual(['old', 'newest']);
  expect(await lines(9)).toEqual(['oldest', 'older', 'old', 'newest']);
});

test('reads the end of a long file, from the beginning of a line', async () => {
  const long = 'ä'.repeat(500_000);
  for (let index = 0; index < 8; index += 1) await write('worker.log', `${time} stdout ${index} ${long}\n`);
  const found = await lines(9);
  expect(found.map((text) => text.slice(0, 2))).toEqual(['4 ', '5 ', '6 ', '7 ']);
  expect(found.every((text) => text.endsWith('ä') && text.length === long.length + 2)).toBe(true);
});
