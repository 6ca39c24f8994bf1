import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '@clawforce/pool-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentFiles } from '../agents/agent-files.js';
import { WorkerLogs } from './worker-log.js';

const line = (text: string): LogLine => ({ time: '2026-01-01T00:00:00.000Z', stream: 'stdout', text });
const worker = { agentId: 'a1', generation: 1 };

let root: string;
let files: AgentFiles;
let failures: unknown[];
let logs: WorkerLogs;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cp-log-'));
  files = new AgentFiles(root, { allowDetectOnly: process.platform !== 'linux' });
  failures = [];
  logs = new WorkerLogs(files, (error) => failures.push(error));
});
afterEach(async () => {
  await files.close();
  expect(failures).toEqual([]);
  await rm(root, { recursive: true, force: true });
});

const kept = (name = 'worker.log'): Promise<string> =>
  readFile(join(root, 'agents', 'a1', '.logs', name), 'utf8');

test('what was printed until the end is in the file once it is settled', async () => {
  const log = logs.open(worker);
  log.write(line('first'));
  log.write(line('last'));
  log.end();
  await logs.settled();
  await files.close();
  expect(await kept()).toBe('2026-01-01T00:00:00.000Z stdout first\n2026-01-01T00:00:00.000Z stdout last\n');
});

test('the lines of two generations stay in their order', async () => {
  for (let generation = 1; generation <= 20; generation += 1) {
    const log = logs.open({ ...worker, generation });
    log.write(line(`generation ${generation}`));
    log.end();
  }
  await logs.settled('a1');
  const numbers = [...(await kept()).matchAll(/generation (\d+)/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test('a worker that floods its output loses lines, and the log says how many', async () => {
  const log = logs.open(worker);
  for (let index = 0; index < 20; index += 1) log.write(line('x'.repeat(100_000)));
  log.end();
  await logs.settled();
  const text = await kept();
  expect(text.length).toBeLessThan(1_300_000);
  expect(text).toMatch(/\((\d+) lines were dropped\)\n$/);
  expect(text.match(/stdout/g)?.length).toBe(20 - Number(/\((\d+) lines/.exec(text)?.[1]));
});

test('a file that is full becomes the older one', async () => {
  const control = await files.control('a1');
  await control.appendFile('.logs/worker.log', 'o'.repeat(10 * 1024 * 1024));
  for (const text of ['fills it up', 'is in a new file']) {
    const log = logs.open(worker);
    log.write(line(text));
    log.end();
  }
  await logs.settled();
  expect((await kept('worker.log.1')).endsWith('stdout fills it up\n')).toBe(true);
  expect(await kept()).toBe('2026-01-01T00:00:00.000Z stdout is in a new file\n');
});

test('an agent whose log cannot be written is reported and holds nobody up', async () => {
  const broken = new WorkerLogs({ control: () => Promise.reject(new Error('no space')) }, (error) =>
    failures.push(error),
  );
  const log = broken.open(worker);
  log.write(line('lost'));
  log.end();
  await broken.settled();
  expect(failures.splice(0)).toEqual([new Error('no space')]);
});
