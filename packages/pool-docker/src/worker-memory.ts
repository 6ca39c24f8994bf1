import type { AttestationReport } from '@clawforce/pool-core';

/** What the engine does not remember about a container. */
export interface WorkerNotes {
  /** Why this pool stopped it. */
  stopReason?: string;
  /** This pool stopped it for its use of disk. */
  diskStopped?: boolean;
  /** The connection to the engine broke while it ran. */
  engineLost?: boolean;
  /** The last death for memory was that of a tool, which the worker outlived: the engine's flag stays on. */
  toolOom?: boolean;
  /** It had as many processes as it may when it was last looked at. */
  pidsAtLimit?: boolean;
  /** Its start was told to whoever listens. */
  startTold?: boolean;
  /** Its end was told to whoever listens. */
  exitTold?: boolean;
  /** The verdict of the last attestation. */
  attestation?: AttestationReport;
}

const REMEMBERED = 4096;

/** Notes about containers by engine id; the oldest are forgotten first. */
export class WorkerMemory {
  readonly #notes = new Map<string, WorkerNotes>();

  /** What is known about a container. */
  of(engineId: string): Readonly<WorkerNotes> {
    return this.#notes.get(engineId) ?? {};
  }

  /** Adds to what is known. */
  note(engineId: string, more: WorkerNotes): void {
    const known = this.of(engineId);
    this.#notes.delete(engineId);
    this.#notes.set(engineId, { ...known, ...more });
    const oldest = this.#notes.keys().next();
    if (this.#notes.size > REMEMBERED && !oldest.done) this.#notes.delete(oldest.value);
  }
}
