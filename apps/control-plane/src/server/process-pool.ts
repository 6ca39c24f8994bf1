import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PoolError, type AgentPool, type WorkerRef } from '@clawforce/pool-core';
import { ProcessPool } from '@clawforce/pool-process';
import type { Loggers } from '../log/logger.js';
import type { Core } from './core.js';
import { installationId } from './installation-id.js';

type PoolParts = Pick<Core, 'settings' | 'storage' | 'workerLogs'>;

/** Gives the process pool with the workers that a killed control plane left. @throws PoolError BACKEND_UNAVAILABLE */
export async function openProcessPool(core: Core, loggers: Loggers): Promise<AgentPool> {
  const pool = new ProcessPool({
    ...(await poolOptions(core)),
    command: [process.execPath, workerMain()],
    env: core.settings.mode,
  });
  const left = await pool.adoptOrphans();
  if (left.length > 0) loggers.app.info('found workers of an earlier run', { workers: left.length });
  return pool;
}

/** Ends the workers that a killed control plane left as processes: the backend that is open now never looks at them. */
export async function endProcesses(core: PoolParts, loggers: Pick<Loggers, 'app'>): Promise<void> {
  const options = await poolOptions(core);
  // Starts nothing, so it may do its work in production too.
  const pool = new ProcessPool({ ...options, command: ['none'], env: 'development', closeGraceMs: 2_000 });
  const left = await pool.adoptOrphans();
  await pool.close();
  if (left.length > 0) loggers.app.warn('ended workers of an earlier run', { workers: left.length });
}

async function poolOptions({ settings, storage, workerLogs }: PoolParts) {
  return {
    ownerId: await installationId(storage.settings),
    stateDir: join(settings.adminDir, 'pool'),
    openLog: (ref: WorkerRef) => workerLogs.open(ref),
  };
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
