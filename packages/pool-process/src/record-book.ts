import type { WorkerRef } from '@clawforce/pool-core';
import { findOrphans } from './find-orphans.js';
import type { Orphan } from './find-orphans.js';
import { bootId, identify, readProcessTable } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import type { WorkerFacts, WorkerProcess } from './worker-process.js';
import { prepareStateDir, removeRecord, writeRecord } from './worker-record.js';

/** The records of one pool's workers, from which a later control plane knows them; without a directory it keeps none. */
export class RecordBook {
  readonly #stateDir: string | undefined;
  readonly #ownerId: string;
  #keeper: ProcessIdentity | undefined;

  /** @throws PoolError `BACKEND_UNAVAILABLE` when the directory is not private. */
  constructor(stateDir: string | undefined, ownerId: string) {
    if (stateDir !== undefined) prepareStateDir(stateDir);
    this.#stateDir = stateDir;
    this.#ownerId = ownerId;
  }

  /** Finds out who this process is; called before anything is written. */
  async open(): Promise<void> {
    this.#keeper ??= await identify(process.pid);
  }

  /** Workers of this owner whose control plane is gone. */
  async orphans(): Promise<readonly Orphan[]> {
    if (this.#stateDir === undefined) return [];
    return findOrphans(this.#stateDir, this.#ownerId, bootId(), readProcessTable);
  }

  /** Writes down a worker; without a process it is about to be spawned. */
  write({ ref, specHash, startedAt, uid }: WorkerFacts, worker?: WorkerProcess): void {
    if (this.#stateDir === undefined || !this.#keeper) return;
    writeRecord(this.#stateDir, {
      version: 2,
      ownerId: this.#ownerId,
      ...ref,
      specHash,
      startedAt,
      boot: bootId(),
      uid,
      worker: worker?.identity ?? null,
      escaped: worker?.escaped ?? [],
      keeper: this.#keeper,
      read: worker?.output.kept ?? { stdout: 0, stderr: 0 },
    });
    worker?.output.recorded();
  }

  /** Writes down what changed; when that fails the earlier record stands, which names the worker as well. */
  update(worker: WorkerProcess): void {
    try {
      if (!worker.exit) this.write(worker.facts, worker);
    } catch {
      // Missing is only what left its group since, or how far its output was read.
    }
  }

  /** Forgets a worker whose whole tree is dead. */
  forget(ref: WorkerRef): void {
    try {
      if (this.#stateDir !== undefined) removeRecord(this.#stateDir, ref);
    } catch {
      // The next control plane finds nobody alive and tries again.
    }
  }
}
