import type { PoolCapability } from '@clawforce/pool-core';

const MINUTE_MS = 60_000;

/**
 * For how long a worker goes on without its control plane: a day where it is meant to outlive a long stop, minutes where a
 * later control plane adopts it though nothing isolates it meanwhile, and the hub's default where nobody comes for it.
 */
export function workerPatience(capabilities: ReadonlySet<PoolCapability>): { readonly orphanMs?: number } {
  if (!capabilities.has('adoption')) return {};
  return { orphanMs: capabilities.has('outlives-close') ? 24 * 60 * MINUTE_MS : 5 * MINUTE_MS };
}
