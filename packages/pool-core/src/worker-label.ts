import type { WorkerRef, WorkerSpec } from './agent-pool.js';
import { specHash } from './spec-hash.js';

/** Names of the labels every engine object of a pool carries, so that any later control plane finds its own. */
export const WORKER_LABELS = Object.freeze({
  /** Which installation owns the worker; a pool never touches what another owner made. */
  owner: 'clawforce.owner',
  agent: 'clawforce.agent',
  generation: 'clawforce.generation',
  specHash: 'clawforce.spec-hash',
});

/** What the labels of an engine object say. */
export interface LabelledWorker extends WorkerRef {
  readonly ownerId: string;
  readonly specHash: string;
}

/** Gives the labels of one worker: the caller's own first, then the four of the pool, which always win. */
export function labelsOf(ownerId: string, spec: WorkerSpec): Record<string, string> {
  return {
    ...spec.labels,
    [WORKER_LABELS.owner]: ownerId,
    [WORKER_LABELS.agent]: spec.agentId,
    [WORKER_LABELS.generation]: String(spec.generation),
    [WORKER_LABELS.specHash]: specHash(spec),
  };
}

/**
 * Reads the labels of an engine object back; `undefined` when it is not a worker of `ownerId`, so that a
 * stranger's object is never mistaken for one.
 */
export function readLabels(
  ownerId: string,
  labels: Readonly<Record<string, string | undefined>>,
): LabelledWorker | undefined {
  const agentId = labels[WORKER_LABELS.agent];
  const generation = labels[WORKER_LABELS.generation] ?? '';
  const hash = labels[WORKER_LABELS.specHash];
  if (labels[WORKER_LABELS.owner] !== ownerId || !agentId || !hash) return undefined;
  if (!/^[1-9][0-9]{0,14}$/.test(generation)) return undefined;
  return { ownerId, agentId, generation: Number(generation), specHash: hash };
}
