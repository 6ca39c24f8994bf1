import type { WorkerLimits } from './agent-pool.js';
import { ISOLATION_LEVELS, isIsolationLevel, isWithinCeiling } from './isolation-level.js';
import type { IsolationLevel, LevelRequirements } from './isolation-level.js';
import { parseCpuPeriod, parseCpuQuota, parseMemory, parsePids } from './limit-value.js';
import { PoolError } from './pool-error.js';

/** What an agent's configuration may ask on top of its level: CONTRACT section 3, `security.docker`. */
export interface LevelOverrides {
  /** `true` makes the root file system read-only. */
  readonly read_only?: unknown;
  /** `none` takes the network interface away; `own` names what the level gives anyway. */
  readonly network_mode?: unknown;
  /** Most processes, a positive integer. */
  readonly pids_limit?: unknown;
  /** Bytes, or a text such as `512m`. */
  readonly mem_limit?: unknown;
  /** Microseconds of CPU time per period. */
  readonly cpu_quota?: unknown;
  /** Microseconds. */
  readonly cpu_period?: unknown;
}

/** What no agent of this installation may exceed: `CLAWFORCE_MAX_LEVEL` and the operator's limits per worker. */
export interface LevelCeiling {
  readonly level: IsolationLevel;
  /** Used as they are where an agent asks for nothing, and as the bound where it does. */
  readonly limits?: WorkerLimits;
}

/** Isolation that an agent asks beyond what its level gives; a pool that cannot enforce it refuses the start. */
export interface Tightening {
  readonly readOnlyRoot?: true;
  readonly network?: 'none';
}

/** A level after overrides: what a pool must enforce, field by field. */
export interface ResolvedLevel {
  readonly level: IsolationLevel;
  /** The level's requirements with the overrides applied. */
  readonly requirements: LevelRequirements;
  /** Goes into `WorkerSpec.limits`. */
  readonly limits: WorkerLimits;
  /** Goes into `WorkerSpec.tightening`; empty when the overrides ask for nothing beyond the level. */
  readonly tightening: Tightening;
}

/** Gives a level's requirements with a tightening applied. On a read-only root nothing but a tmpfs keeps `/tmp` writable. */
export function tightenRequirements(base: LevelRequirements, tightening: Tightening = {}): LevelRequirements {
  return {
    ...base,
    ...(tightening.readOnlyRoot ? { readOnlyRoot: true, tmpfs: true } : {}),
    ...(tightening.network === 'none' ? { network: 'none' } : {}),
  };
}

const PREFIX = 'security.docker.';
const KEYS: ReadonlySet<string> = new Set([
  'read_only',
  'network_mode',
  'pids_limit',
  'mem_limit',
  'cpu_quota',
  'cpu_period',
]);

// The kernel's CFS default, used where quota is given without a period.
const DEFAULT_PERIOD_US = 100_000;

const loosens = (key: string, asked: string, bound: string): PoolError =>
  new PoolError('OVERRIDE_LOOSENS', `${PREFIX}${key}: ${asked} is looser than ${bound}`, {
    key: PREFIX + key,
    fix: `leave ${PREFIX}${key} out, or give a value within ${bound}`,
  });

const invalid = (key: string, accepted: string): PoolError =>
  new PoolError('OVERRIDE_INVALID', `${PREFIX}${key}: expected ${accepted}`, { key: PREFIX + key });

function resolveCpu(overrides: LevelOverrides, bound: WorkerLimits): WorkerLimits {
  const ownPeriod = parseCpuPeriod(overrides.cpu_period, `${PREFIX}cpu_period`);
  const ownQuota = parseCpuQuota(overrides.cpu_quota, `${PREFIX}cpu_quota`);
  const quota = ownQuota ?? bound.cpuQuotaUs;
  if (quota === undefined) return ownPeriod === undefined ? {} : { cpuPeriodUs: ownPeriod };
  const boundPeriod = bound.cpuPeriodUs ?? DEFAULT_PERIOD_US;
  const period = ownPeriod ?? boundPeriod;
  // A longer period with the same quota tightens, a shorter one loosens: only the share counts.
  if (bound.cpuQuotaUs !== undefined && quota * boundPeriod > bound.cpuQuotaUs * period) {
    const key = ownQuota === undefined ? 'cpu_period' : 'cpu_quota';
    throw loosens(key, `${quota}/${period} µs of CPU`, `${bound.cpuQuotaUs}/${boundPeriod} µs`);
  }
  return { cpuQuotaUs: quota, cpuPeriodUs: period };
}

function tighter(key: string, own: number | undefined, bound: number | undefined): number | undefined {
  if (own !== undefined && bound !== undefined && own > bound) throw loosens(key, String(own), String(bound));
  return own ?? bound;
}

function smaller(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}

/**
 * Gives what a pool must enforce for an agent: its level, tightened by its overrides, bounded by the ceiling
 * (ARCHITECTURE section 6: configuration may only tighten). Nothing is clamped: what asks for more is refused.
 *
 * @throws PoolError `LEVEL_ABOVE_CEILING`, `OVERRIDE_LOOSENS` or `OVERRIDE_INVALID`, with `key` naming the setting.
 */
export function resolveLevel(
  level: unknown,
  ceiling: LevelCeiling,
  overrides: LevelOverrides = {},
): ResolvedLevel {
  if (!isIsolationLevel(level)) throw invalid('level', Object.keys(ISOLATION_LEVELS).join(', '));
  if (!isWithinCeiling(level, ceiling.level)) {
    throw new PoolError(
      'LEVEL_ABOVE_CEILING',
      `${PREFIX}level: ${level} admits more than this installation allows (${ceiling.level})`,
      { key: `${PREFIX}level`, fix: `choose ${ceiling.level}, or raise CLAWFORCE_MAX_LEVEL` },
    );
  }
  for (const key of Object.keys(overrides)) if (!KEYS.has(key)) throw invalid(key, [...KEYS].join(', '));

  const base = ISOLATION_LEVELS[level];
  const { read_only: readOnly, network_mode: networkMode } = overrides;
  if (readOnly !== undefined && typeof readOnly !== 'boolean') throw invalid('read_only', 'true or false');
  if (readOnly === false && base.readOnlyRoot) throw loosens('read_only', 'false', `the level ${level}`);
  if (networkMode !== undefined && networkMode !== 'none' && networkMode !== 'own') {
    throw invalid('network_mode', 'none or own');
  }
  if (networkMode === 'own' && base.network === 'none') {
    throw loosens('network_mode', 'own', `the level ${level}`);
  }

  const bound = ceiling.limits ?? {};
  const pids = tighter(
    'pids_limit',
    parsePids(overrides.pids_limit, `${PREFIX}pids_limit`),
    smaller(base.pidsLimit, bound.pids),
  );
  const memoryBytes = tighter(
    'mem_limit',
    parseMemory(overrides.mem_limit, `${PREFIX}mem_limit`),
    bound.memoryBytes,
  );
  const tightening: Tightening = {
    ...(readOnly === true && !base.readOnlyRoot ? { readOnlyRoot: true as const } : {}),
    ...(networkMode === 'none' && base.network !== 'none' ? { network: 'none' as const } : {}),
  };
  return {
    level,
    requirements: { ...tightenRequirements(base, tightening), pidsLimit: pids },
    limits: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...resolveCpu(overrides, bound),
      ...(pids === undefined ? {} : { pids }),
      ...(bound.diskBytes === undefined ? {} : { diskBytes: bound.diskBytes }),
    },
    tightening,
  };
}
