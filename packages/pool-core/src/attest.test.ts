import { describe, expect, test } from 'vitest';
import { attest } from './attest.js';

const requested = {
  engine: { readOnlyRoot: true, pidsLimit: 256 },
  inside: { seccomp: 'filter', interfaces: 'lo' },
};
const effective = { readOnlyRoot: true, pidsLimit: 256, image: 'sha256:1' };
const probe = {
  outcome: 'probed',
  effective: { seccomp: 'filter', interfaces: 'lo', kernel: '6.18' },
} as const;

describe('attest', () => {
  test('matches when both sources have every requested value; further facts do not matter', () => {
    expect(attest(requested, { effective }, probe)).toEqual({
      attested: 'matched',
      differences: [],
      reason: 'the worker is isolated as requested',
    });
  });

  test('names each field that differs and who said so', () => {
    const report = attest(
      requested,
      { effective: { ...effective, pidsLimit: null } },
      { outcome: 'probed', effective: { seccomp: 'filter', interfaces: 'eth0,lo' } },
    );
    expect(report.attested).toBe('mismatched');
    expect(report.differences).toEqual([
      { field: 'pidsLimit', source: 'engine', requested: 256, found: null },
      { field: 'interfaces', source: 'inside', requested: 'lo', found: 'eth0,lo' },
    ]);
    expect(report.reason).toBe(
      'pidsLimit: requested 256, the engine says null; interfaces: requested "lo", inside it is "eth0,lo"',
    );
  });

  test('a source that says nothing about a field does not attest it', () => {
    const report = attest(requested, { effective: {} }, { outcome: 'probed', effective: {} });
    expect(report.differences.map(({ field, found }) => [field, found])).toEqual([
      ['readOnlyRoot', undefined],
      ['pidsLimit', undefined],
      ['seccomp', undefined],
      ['interfaces', undefined],
    ]);
  });

  test('inherited names are not facts', () => {
    const report = attest({ engine: { toString: null }, inside: {} }, { effective: {} }, probe);
    expect(report.attested).toBe('mismatched');
  });

  test('attests nothing without a probe', () => {
    const report = attest(requested, { effective }, { outcome: 'unsupported', reason: 'no isolation' });
    expect(report).toEqual({ attested: 'none', differences: [], reason: 'no isolation' });
  });
});
