import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ISOLATION_LEVELS, LEVEL_LOOSENESS } from './isolation-level.js';
import type { IsolationLevel } from './isolation-level.js';
import { resolveLevel, tightenRequirements } from './level-override.js';
import type { LevelCeiling, LevelOverrides, Tightening } from './level-override.js';
import { PoolError } from './pool-error.js';

const GIB = 1024 ** 3;
const ceiling: LevelCeiling = {
  level: 'permissive',
  limits: { memoryBytes: 2 * GIB, cpuQuotaUs: 100_000, cpuPeriodUs: 100_000 },
};

function refusal(level: unknown, overrides: LevelOverrides, bound = ceiling): [string, string | undefined] {
  try {
    resolveLevel(level, bound, overrides);
  } catch (error) {
    if (error instanceof PoolError) return [error.code, error.key];
    throw error;
  }
  return ['accepted', undefined];
}

test('without overrides a level gives its own requirements and the operator limits', () => {
  expect(resolveLevel('permissive', ceiling)).toEqual({
    level: 'permissive',
    requirements: ISOLATION_LEVELS.permissive,
    limits: { memoryBytes: 2 * GIB, cpuQuotaUs: 100_000, cpuPeriodUs: 100_000, pids: 1024 },
    tightening: {},
  });
});

test('the disk limit of the operator holds at every level, whatever an agent asks for', () => {
  const bound: LevelCeiling = { level: 'privileged', limits: { diskBytes: 10 * GIB } };
  for (const level of ['sandboxed', 'permissive', 'privileged'] as const) {
    expect(resolveLevel(level, bound).limits.diskBytes).toBe(10 * GIB);
    expect(resolveLevel(level, bound, { mem_limit: '512m' }).limits.diskBytes).toBe(10 * GIB);
  }
});

test('overrides tighten, and what goes beyond the level is told apart for pools that cannot enforce it', () => {
  const resolved = resolveLevel('permissive', ceiling, {
    read_only: true,
    network_mode: 'none',
    pids_limit: 64,
    mem_limit: '512m',
    cpu_quota: 50_000,
  });
  expect(resolved.requirements).toMatchObject({
    readOnlyRoot: true,
    tmpfs: true,
    network: 'none',
    pidsLimit: 64,
  });
  expect(resolved.limits).toEqual({
    memoryBytes: 512 * 1024 ** 2,
    cpuQuotaUs: 50_000,
    cpuPeriodUs: 100_000,
    pids: 64,
  });
  expect(resolved.tightening).toEqual({ readOnlyRoot: true, network: 'none' });
  expect(resolveLevel('sandboxed', ceiling, { read_only: true, network_mode: 'none' }).tightening).toEqual(
    {},
  );
});

describe('an agent wants a weaker box through its configuration', () => {
  test.each<[string, unknown, LevelOverrides, string, string]>([
    ['a level above the ceiling', 'privileged', {}, 'LEVEL_ABOVE_CEILING', 'level'],
    ['an unknown level', 'none', {}, 'OVERRIDE_INVALID', 'level'],
    ['a level by prototype', '__proto__', {}, 'OVERRIDE_INVALID', 'level'],
    ['a writable root in sandboxed', 'sandboxed', { read_only: false }, 'OVERRIDE_LOOSENS', 'read_only'],
    ['a network in sandboxed', 'sandboxed', { network_mode: 'own' }, 'OVERRIDE_LOOSENS', 'network_mode'],
    ['the network of the host', 'permissive', { network_mode: 'host' }, 'OVERRIDE_INVALID', 'network_mode'],
    [
      'the network of another',
      'permissive',
      { network_mode: 'container:x' },
      'OVERRIDE_INVALID',
      'network_mode',
    ],
    ['more processes than the level', 'sandboxed', { pids_limit: 257 }, 'OVERRIDE_LOOSENS', 'pids_limit'],
    ['unlimited processes', 'permissive', { pids_limit: -1 }, 'OVERRIDE_INVALID', 'pids_limit'],
    ['unlimited memory', 'permissive', { mem_limit: -1 }, 'OVERRIDE_INVALID', 'mem_limit'],
    [
      'zero, which engines read as unlimited',
      'permissive',
      { mem_limit: 0 },
      'OVERRIDE_INVALID',
      'mem_limit',
    ],
    ['more memory', 'permissive', { mem_limit: '3g' }, 'OVERRIDE_LOOSENS', 'mem_limit'],
    [
      'memory beyond integers',
      'permissive',
      { mem_limit: '99999999999999g' },
      'OVERRIDE_INVALID',
      'mem_limit',
    ],
    ['more CPU', 'permissive', { cpu_quota: 100_001 }, 'OVERRIDE_LOOSENS', 'cpu_quota'],
    ['more CPU by a shorter period', 'permissive', { cpu_period: 50_000 }, 'OVERRIDE_LOOSENS', 'cpu_period'],
    ['unlimited CPU', 'permissive', { cpu_quota: -1 }, 'OVERRIDE_INVALID', 'cpu_quota'],
    ['a fraction', 'permissive', { pids_limit: 1.5 }, 'OVERRIDE_INVALID', 'pids_limit'],
    ['a text for a number', 'permissive', { pids_limit: '12' }, 'OVERRIDE_INVALID', 'pids_limit'],
    ['a text for a boolean', 'permissive', { read_only: 'false' }, 'OVERRIDE_INVALID', 'read_only'],
    [
      'an unknown key',
      'permissive',
      { cap_add: ['SYS_ADMIN'] } as LevelOverrides,
      'OVERRIDE_INVALID',
      'cap_add',
    ],
  ])('%s is refused by the name of the key', (_what, level, overrides, code, key) => {
    expect(refusal(level, overrides)).toEqual([code, `security.docker.${key}`]);
  });
});

test('a longer period with the same quota tightens and is taken', () => {
  expect(resolveLevel('permissive', ceiling, { cpu_period: 200_000 }).limits).toMatchObject({
    cpuQuotaUs: 100_000,
    cpuPeriodUs: 200_000,
  });
});

test('whatever the overrides, nothing that is accepted is looser than level and ceiling', () => {
  const levels = Object.keys(ISOLATION_LEVELS) as IsolationLevel[];
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  fc.assert(
    fc.property(
      fc.constantFrom(...levels),
      fc.constantFrom(...levels),
      fc.record({
        read_only: maybe(fc.boolean()),
        network_mode: maybe(fc.constantFrom('none', 'own', 'host')),
        pids_limit: maybe(fc.integer({ min: -5, max: 5000 })),
        mem_limit: maybe(fc.oneof(fc.integer(), fc.constantFrom('1g', '2g', '4g', '-1'))),
        cpu_quota: maybe(fc.integer({ min: -1, max: 400_000 })),
        cpu_period: maybe(fc.integer({ min: 0, max: 1_000_000 })),
      }),
      (level, max, overrides) => {
        const bound = { ...ceiling, level: max };
        if (refusal(level, overrides, bound)[0] !== 'accepted') return;
        const { requirements, limits } = resolveLevel(level, bound, overrides);
        const base = ISOLATION_LEVELS[level];
        expect(LEVEL_LOOSENESS[level]).toBeLessThanOrEqual(LEVEL_LOOSENESS[max]);
        expect(base.readOnlyRoot && !requirements.readOnlyRoot).toBe(false);
        expect(base.network === 'none' && requirements.network !== 'none').toBe(false);
        expect(requirements.pidsLimit ?? Infinity).toBeLessThanOrEqual(base.pidsLimit ?? Infinity);
        expect(limits.memoryBytes).toBeLessThanOrEqual(2 * GIB);
        expect(limits.cpuQuotaUs! / limits.cpuPeriodUs!).toBeLessThanOrEqual(1);
        expect(requirements.tmpfs).toBe(base.tmpfs || requirements.readOnlyRoot);
        expect({ ...requirements, readOnlyRoot: 0, tmpfs: 0, network: 0, pidsLimit: 0 }).toEqual({
          ...base,
          tmpfs: 0,
          readOnlyRoot: 0,
          network: 0,
          pidsLimit: 0,
        });
      },
    ),
  );
});

test('a tightening from somewhere else takes nothing away that the level gives', () => {
  const loose = { network: 'own', readOnlyRoot: false, capabilities: 'engine-default', user: 'root' };
  expect(tightenRequirements(ISOLATION_LEVELS.sandboxed, loose as unknown as Tightening)).toEqual(
    ISOLATION_LEVELS.sandboxed,
  );
});
