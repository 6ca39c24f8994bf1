import type { WorkerSpec } from '@clawforce/pool-core';
import type { AttestWorker, WorkerAttestation } from './attest-worker.js';

/**
 * Looks at workers while they are still coming up: an engine fixes what isolates a worker before its first instruction, so
 * the answer is there when the worker says hello, and nobody waits for it.
 */
export class EarlyLooks {
  readonly #attest: AttestWorker;
  readonly #looks = new Map<string, { generation: number; found: Promise<WorkerAttestation | undefined> }>();

  constructor(attest: AttestWorker) {
    this.#attest = attest;
  }

  /** Begins to look at a worker that was just started; gives what is found, and nothing when the look fails. */
  begin(spec: WorkerSpec): Promise<WorkerAttestation | undefined> {
    const { agentId, generation } = spec;
    // A look that fails, or finds no field that differs, says nothing of a worker that may just be ending; the next one is
    // at the hello.
    const found = this.#attest(spec).then(
      (seen) => (seen.attested === 'mismatched' && seen.differences.length === 0 ? undefined : seen),
      () => undefined,
    );
    this.#looks.set(agentId, { generation, found });
    return found;
  }

  /** Gives what was found, once; without it looks now. @throws PoolError as the look. */
  async take(spec: WorkerSpec): Promise<WorkerAttestation> {
    const early = this.#looks.get(spec.agentId);
    this.#looks.delete(spec.agentId);
    const found = early?.generation === spec.generation ? await early.found : undefined;
    return found ?? this.#attest(spec);
  }

  /** Forgets an agent that is gone. */
  forget(agentId: string): void {
    this.#looks.delete(agentId);
  }
}
