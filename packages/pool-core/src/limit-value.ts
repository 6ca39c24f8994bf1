import { PoolError } from './pool-error.js';

const UNITS: Readonly<Record<string, number>> = Object.assign(Object.create(null) as Record<string, number>, {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
});

// Docker refuses less than 6 MiB; the kernel takes CFS periods from 1 ms to 1 s and quotas from 1 ms.
const MIN_MEMORY = 6 * 1024 ** 2;
const CPU_PERIOD_US = [1_000, 1_000_000] as const;
const MIN_CPU_QUOTA_US = 1_000;
const MAX_PIDS = 4_194_304;

const invalid = (key: string, accepted: string): PoolError =>
  new PoolError('OVERRIDE_INVALID', `${key}: expected ${accepted}`, { key });

function integer(value: unknown, key: string, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw invalid(key, `an integer from ${min} to ${max}`);
  }
  return value;
}

/**
 * Gives bytes from a number or from a text such as `512m` or `2g` (Docker's spelling; units of 1024).
 *
 * @throws PoolError `OVERRIDE_INVALID` naming `key`.
 */
export function parseMemory(value: unknown, key: string): number | undefined {
  const accepted = 'bytes, or a text such as 512m or 2g, at least 6m';
  if (typeof value !== 'string') {
    if (value !== undefined && typeof value !== 'number') throw invalid(key, accepted);
    return integer(value, key, MIN_MEMORY, Number.MAX_SAFE_INTEGER);
  }
  const match = /^([1-9][0-9]{0,14})([bkmg]?)$/i.exec(value);
  const bytes = match ? Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? Number.NaN) : Number.NaN;
  if (!Number.isSafeInteger(bytes) || bytes < MIN_MEMORY) throw invalid(key, accepted);
  return bytes;
}

/** Gives a process limit, a positive integer. @throws PoolError `OVERRIDE_INVALID` naming `key`. */
export function parsePids(value: unknown, key: string): number | undefined {
  return integer(value, key, 1, MAX_PIDS);
}

/** Gives a CPU quota in microseconds per period. @throws PoolError `OVERRIDE_INVALID` naming `key`. */
export function parseCpuQuota(value: unknown, key: string): number | undefined {
  return integer(value, key, MIN_CPU_QUOTA_US, Number.MAX_SAFE_INTEGER);
}

/** Gives a CPU period in microseconds. @throws PoolError `OVERRIDE_INVALID` naming `key`. */
export function parseCpuPeriod(value: unknown, key: string): number | undefined {
  return integer(value, key, ...CPU_PERIOD_US);
}
