import type { WorkerStats } from '@clawforce/pool-core';
import { statusOf } from './engine.js';
import type { Engine } from './engine.js';

interface RawStats {
  readonly memory_stats?: {
    readonly usage?: number;
    readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number };
  };
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly pids_stats?: { readonly current?: number; readonly limit?: number };
}

/** {@link WorkerStats} with what the watch needs. */
export interface ContainerStats extends WorkerStats {
  readonly pidsLimit: number | undefined;
}

/** Turns an engine's answer into numbers; `undefined` when the container does not run. */
export function statsFrom(raw: RawStats): ContainerStats | undefined {
  const usage = raw.memory_stats?.usage;
  if (usage === undefined) return undefined;
  const { stats } = raw.memory_stats ?? {};
  // File pages that the kernel can drop at once are no use of memory (cgroup v1 and v2 name them differently).
  const droppable = stats?.total_inactive_file ?? stats?.inactive_file ?? 0;
  const limit = raw.pids_stats?.limit;
  return {
    memoryBytes: Math.max(0, usage - droppable),
    cpuUs: Math.round((raw.cpu_stats?.cpu_usage?.total_usage ?? 0) / 1_000),
    pids: raw.pids_stats?.current ?? 0,
    pidsLimit: limit !== undefined && limit > 0 && limit < 2 ** 40 ? limit : undefined,
  };
}

/** Asks the engine once; `undefined` when the container does not run or is gone. */
export async function readStats(engine: Engine, engineId: string): Promise<ContainerStats | undefined> {
  try {
    const raw = await engine.ask(
      (docker) =>
        docker.getContainer(engineId).stats({ stream: false, 'one-shot': true }) as Promise<unknown>,
    );
    return statsFrom(raw as RawStats);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
