import { resolveLevel } from '@clawforce/pool-core';
import { expect, it } from 'vitest';
import { admittedOverrides } from './admitted-overrides.js';

const OWN = {
  level: 'permissive',
  pids_limit: 500,
  read_only: false,
  mem_limit: '512m',
  cpu_quota: 50_000,
} as const;

it('leaves out what the asked level does not admit, and nothing else', () => {
  const kept = admittedOverrides('sandboxed', OWN);
  expect(kept).toEqual({ mem_limit: '512m', cpu_quota: 50_000 });
  expect(resolveLevel('sandboxed', { level: 'sandboxed' }, kept).requirements.pidsLimit).toBe(256);
  expect(admittedOverrides('sandboxed', { ...OWN, pids_limit: 100 })).toMatchObject({ pids_limit: 100 });
});

it('keeps all of them at the own level', () => {
  const { level, ...overrides } = OWN;
  expect(admittedOverrides(level, OWN)).toEqual(overrides);
});
