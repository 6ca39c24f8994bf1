import { spawnSync } from 'node:child_process';
import type * as fileSystem from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { createConfiner } from './create-confiner.js';
import { limitedByShell } from './limited-by-shell.js';

const shell = vi.hoisted(() => ({ present: true }));
vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof fileSystem>();
  return {
    ...real,
    existsSync: (path: string) => (path !== '/bin/sh' || shell.present) && real.existsSync(path),
  };
});
afterEach(() => {
  shell.present = true;
});

const LIMITS = { fileBytes: 1_048_576, cpuSeconds: 77, processes: 64 };
/** Runs a command so, behind a shell that has set limits of its own. */
const run = (before: string, limits: typeof LIMITS) =>
  spawnSync(
    '/bin/sh',
    ['-c', `${before}; exec "$@"`, 'sh', ...limitedByShell(['cat', '/proc/self/limits'], limits)],
    {
      encoding: 'utf8',
    },
  );

requires('linux').test('sets each limit, and leaves one that is lower already, also to root', () => {
  const { status, stdout } = run('ulimit -f 10; ulimit -t 1000', LIMITS);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Max file size +5120 +5120 /m);
  expect(stdout).toMatch(/^Max cpu time +77 +77 /m);
  expect(stdout).toMatch(/^Max core file size +0 +0 /m);
});

requires('linux').test('runs no command whose limit cannot be set', () => {
  for (const wrong of [{ fileBytes: Number.POSITIVE_INFINITY }, { cpuSeconds: Number.NaN }]) {
    const { status, stdout } = run(':', { ...LIMITS, ...wrong });
    expect([wrong, status, stdout]).toEqual([wrong, 126, '']);
  }
});

test('a shell that vanishes later is no reason to run without the limits that were promised', async () => {
  const confiner = await createConfiner({ backend: 'none' });
  expect(confiner.guarantees).toContain('file-size-limited');
  shell.present = false;
  const plan = { argv: ['true'], cwd: '/' } as never;
  const launch = await confiner.launch(plan, { network: 'host', limits: LIMITS });
  expect(launch.file).toBe('/bin/sh');
  expect((await createConfiner({ backend: 'none' })).guarantees).not.toContain('file-size-limited');
});
