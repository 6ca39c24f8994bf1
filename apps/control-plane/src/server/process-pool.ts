import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PoolError, type AgentPool } from '@clawforce/pool-core';
import { ProcessPool } from '@clawforce/pool-process';
import type { Loggers } from '../log/logger.js';
import type { Core } from './core.js';
import { installationId } from './installation-id.js';

/** Gives the process pool and ends what an earlier control plane left behind. @throws PoolError BACKEND_UNAVAILABLE */
export async function openProcessPool(
  { settings, storage, workerLogs }: Core,
  loggers: Loggers,
): Promise<AgentPool> {
  const pool = new ProcessPool({
    command: [process.execPath, workerMain()],
    ownerId: await installationId(storage.settings),
    stateDir: join(settings.adminDir, 'pool'),
    env: settings.mode,
    openLog: (ref) => workerLogs.open(ref),
  });
  const orphans = await pool.sweepOrphans();
  if (orphans.length > 0) loggers.app.warn('ended workers of an earlier run', { workers: orphans.length });
  return pool;
}

function workerMain(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('@clawforce/worker/package.json');
    return join(manifest, '..', 'dist', 'main.js');
  } catch (error) {
    throw new PoolError('BACKEND_UNAVAILABLE', 'The package @clawforce/worker is not installed.', {
      fix: 'Install it next to the control plane: npm install @clawforce/worker',
      cause: error,
    });
  }
}
