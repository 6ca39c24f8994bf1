import type { WorkerSpec } from '@clawforce/pool-core';

/** What a look from outside came to. */
export interface WorkerAttestation {
  /** `none` where the pool isolates nothing, so that there is nothing to confirm. */
  readonly attested: 'none' | 'matched' | 'mismatched';
  /** The fields that differ from what was asked for; empty unless `mismatched`. */
  readonly differences: readonly object[];
  /** One sentence for a person, naming every field that differs. */
  readonly reason: string;
}

/** Looks at a running worker from outside and compares what it finds with what was asked for. */
export type AttestWorker = (spec: WorkerSpec) => Promise<WorkerAttestation>;

/** The look of a pool that isolates nothing. */
export const attestNothing: AttestWorker = () =>
  Promise.resolve({ attested: 'none', differences: [], reason: 'the pool isolates nothing' });
