import { PoolError } from '@clawforce/pool-core';
import type { Loggers } from '../log/logger.js';
import type { Backend } from './backend.js';
import {
  noteActiveBackend,
  selectBackend,
  storeBackend,
  type BackendKind,
  type BackendSelection,
} from './backend-selection.js';
import type { Core } from './core.js';
import { createDockerPool, openDockerBackend } from './docker-backend.js';
import { installationId } from './installation-id.js';
import { endProcesses, openProcessPool } from './process-pool.js';

/**
 * Opens the backend that is stored, configured or, where the start left it open, works here: docker, else processes with
 * the reason. @throws PoolError BACKEND_UNAVAILABLE, IMAGE_MISSING
 */
export async function openBackend(
  core: Core,
  loggers: Loggers,
  say: (sentence: string) => void,
): Promise<Backend> {
  const { settings, storage } = core;
  const selection = await selectBackend(settings, storage.settings);
  const backend = await open(core, loggers, say, selection);
  await noteActiveBackend(storage.settings, backend.selection.kind);
  return backend;
}

/** Refuses a backend that could not be used here. @throws PoolError BACKEND_UNAVAILABLE, IMAGE_MISSING */
export async function checkBackend({ settings, storage }: Core, kind: BackendKind): Promise<void> {
  if (kind === 'process') {
    if (settings.mode === 'development') return;
    throw new PoolError(
      'BACKEND_UNAVAILABLE',
      'The process backend isolates nothing and refuses production.',
      {
        fix: 'Use the docker backend.',
      },
    );
  }
  const { pool } = await openDockerBackend(settings, await installationId(storage.settings), () => undefined);
  await pool.close();
}

/** Stores the operator's choice for every later start, with its audit row. */
export async function chooseBackend(
  { storage, audit }: Core,
  kind: BackendKind,
  actor: string,
): Promise<void> {
  await storage.transaction(async (tx) => {
    await storeBackend(tx.settings, kind);
    await audit.record(
      {
        kind: 'config_change',
        agent_id: '',
        event: 'runtime.backend',
        actor,
        timestamp: new Date().toISOString(),
        detail: JSON.stringify({ backend: kind }),
      },
      tx,
    );
  });
}

async function open(
  core: Core,
  loggers: Loggers,
  say: (sentence: string) => void,
  selection: BackendSelection,
): Promise<Backend> {
  const { settings, storage } = core;
  if (selection.kind === 'docker') {
    try {
      const docker = await openDockerBackend(settings, await installationId(storage.settings), say);
      await endProcesses(core, loggers).catch((error: unknown) =>
        loggers.app.error('workers that run as processes could not be ended', { cause: String(error) }),
      );
      return { ...docker, selection };
    } catch (error) {
      if (!(error instanceof PoolError) || selection.source !== 'chosen') throw error;
      const reason = error.fix === undefined ? error.message : `${error.message} ${error.fix}`;
      return open(core, loggers, say, { kind: 'process', source: 'chosen', reason });
    }
  }
  await endContainers(core, loggers);
  return { pool: await openProcessPool(core, loggers), selection };
}

/** Ends workers that another run left in containers: this backend will never look at them. */
async function endContainers({ settings, storage }: Core, { app: log }: Loggers): Promise<void> {
  const left = (await storage.agents.active()).filter(({ mode }) => mode === 'docker');
  if (left.length === 0) return;
  try {
    const { pool } = await createDockerPool(
      settings,
      await installationId(storage.settings),
      () => undefined,
    );
    const reason = 'the server was started with another backend';
    for (const worker of await pool.list()) await pool.stop(worker, { graceMs: 2_000, reason });
    await pool.close();
  } catch (error) {
    log.error('workers in containers could not be ended; stop them with docker', { cause: String(error) });
  }
}
