import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFS } from '@clawforce/policy-fs';
import { afterEach, expect, it, vi } from 'vitest';
import { openLoggers } from '../log/logger.js';
import { readSettings } from '../settings/index.js';
import { openCore } from './core.js';
import { fileGuardOf } from './file-guard.js';

const real = process.platform;
const becomes = (platform: NodeJS.Platform): void =>
  void Object.defineProperty(process, 'platform', { value: platform });

afterEach(() => {
  becomes(real);
  vi.restoreAllMocks();
});

it('is that of the kernel on Linux only', () => {
  const all = ['linux', 'darwin', 'freebsd'] as const;
  expect(all.map(fileGuardOf)).toEqual(['kernel', 'detect', 'detect']);
});

it.each([
  ['darwin', true],
  ['linux', false],
] as const)('on %s the weaker guard below agent directories is admitted: %s', async (platform, admitted) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'guard-'));
  const opened = vi.spyOn(AgentFS, 'open');
  const env = { ADMIN_STORAGE_ROOT: dataDir, AGENT_RUNTIME_DIR: join(dataDir, 'run') };
  const settings = readSettings({ env, flags: {} });
  const loggers = openLoggers({
    level: 'error',
    adminDir: settings.adminDir,
    production: false,
    silent: true,
  });
  becomes(platform);
  const core = await openCore(settings, loggers);
  try {
    await core.files.workspace('7a1c5b1e-0000-4000-8000-000000000000');
    expect(opened.mock.calls.map(([, options]) => options?.allowDetectOnly)).toEqual([admitted, admitted]);
  } finally {
    await core.close();
    await loggers.close();
    await rm(dataDir, { recursive: true });
  }
});
