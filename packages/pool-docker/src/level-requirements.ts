import { ISOLATION_LEVELS, PoolError, tightenRequirements } from '@clawforce/pool-core';
import type { LevelRequirements, WorkerSpec } from '@clawforce/pool-core';

/** Limits in force for one worker, every one of them set. */
export interface EffectiveLimits {
  readonly memoryBytes: number;
  readonly cpuQuotaUs: number;
  readonly cpuPeriodUs: number;
  /** `undefined` leaves the engine's own bound. */
  readonly pids: number | undefined;
}

/** What a worker without limits of its own gets: CONTRACT section 2. */
export const DEFAULT_LIMITS = Object.freeze({
  memoryBytes: 2 * 1024 ** 3,
  cpuQuotaUs: 100_000,
  cpuPeriodUs: 100_000,
});

/** Gives the level's requirements with the specification's tightening applied. */
export function requirementsOf(spec: Pick<WorkerSpec, 'level' | 'tightening'>): LevelRequirements {
  return tightenRequirements(ISOLATION_LEVELS[spec.level], spec.tightening);
}

/**
 * Gives the limits of a worker: its own, else the defaults, never more processes than its level admits.
 *
 * @throws PoolError `OVERRIDE_LOOSENS` when it asks for more processes than the level has.
 */
export function limitsOf(spec: Pick<WorkerSpec, 'level' | 'limits'>): EffectiveLimits {
  const { limits, level } = spec;
  const { pidsLimit } = ISOLATION_LEVELS[level];
  if (limits.pids !== undefined && pidsLimit !== undefined && limits.pids > pidsLimit) {
    throw new PoolError('OVERRIDE_LOOSENS', `limits.pids: ${limits.pids} is more than ${level} allows`, {
      key: 'limits.pids',
      fix: `at most ${pidsLimit}`,
    });
  }
  return {
    memoryBytes: limits.memoryBytes ?? DEFAULT_LIMITS.memoryBytes,
    cpuQuotaUs: limits.cpuQuotaUs ?? DEFAULT_LIMITS.cpuQuotaUs,
    cpuPeriodUs: limits.cpuPeriodUs ?? DEFAULT_LIMITS.cpuPeriodUs,
    pids: limits.pids ?? pidsLimit,
  };
}
