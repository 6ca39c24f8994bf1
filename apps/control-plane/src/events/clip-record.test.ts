import type { GateRecord } from '@clawforce/protocol';
import { expect, it } from 'vitest';
import { clipRecord } from './clip-record.js';

const record = (size: number, steps: number): GateRecord => ({
  id: 'r',
  agent_id: 'a',
  session_key: 's',
  actor: 'model',
  tool: 'exec',
  time: '2026-01-01T00:00:00Z',
  decision: {
    effect: 'deny',
    layer: 'x',
    rule: 'x.y',
    reason: 'r'.repeat(size),
    hint: 'h'.repeat(size),
    input: 'i'.repeat(size * 60),
    policyDigest: 'd',
    trace: Array.from({ length: steps }, () => ({
      layer: 'x',
      rule: 'x.y',
      effect: 'deny' as const,
      note: 'n'.repeat(size),
    })),
  },
});

it('a hijacked worker that reports half a megabyte for each verdict, to fill the audit log, is cut', () => {
  expect(JSON.stringify(clipRecord(record(8_000, 256))).length).toBeLessThan(80_000);
});

it('what an honest gate reports stays as it is', () => {
  const honest = record(100, 3);
  expect(clipRecord(honest)).toEqual(honest);
});
