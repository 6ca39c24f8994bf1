import { expect, test } from 'vitest';
import type { WorkerSpec } from './agent-pool.js';
import { specHash } from './spec-hash.js';
import { labelsOf, readLabels, WORKER_LABELS } from './worker-label.js';

const spec: WorkerSpec = {
  agentId: 'a1',
  generation: 7,
  level: 'sandboxed',
  agentRoot: '/srv/agents/a1',
  socketDir: '/run/clawforce/a1',
  env: { AGENT_ID: 'a1', AGENT_ROOT: '/agent' },
  limits: { memoryBytes: 1024, pids: 12 },
};

test('labels name owner, agent, generation and specification, and read back the same', () => {
  const labels = labelsOf('owner-1', spec);
  expect(Object.keys(labels).sort()).toEqual(Object.values(WORKER_LABELS).sort());
  expect(readLabels('owner-1', labels)).toEqual({
    ownerId: 'owner-1',
    agentId: 'a1',
    generation: 7,
    specHash: specHash(spec),
  });
});

test('a caller wants to take over a worker with labels of its own: the four labels of the pool win', () => {
  const labels = labelsOf('owner-1', { ...spec, labels: { [WORKER_LABELS.owner]: 'mallory', team: 'x' } });
  expect(labels[WORKER_LABELS.owner]).toBe('owner-1');
  expect(labels['team']).toBe('x');
});

test("a stranger's object is never mistaken for a worker", () => {
  const labels = labelsOf('owner-1', spec);
  expect(readLabels('owner-2', labels)).toBe(undefined);
  expect(readLabels('owner-1', {})).toBe(undefined);
  for (const generation of ['0', '-1', '1.5', 'x', '', '1e3']) {
    expect(readLabels('owner-1', { ...labels, [WORKER_LABELS.generation]: generation })).toBe(undefined);
  }
});

test('the hash ignores generation and order of keys, and nothing else', () => {
  const { env, limits, ...rest } = spec;
  const same = {
    limits: { pids: 12, memoryBytes: 1024 },
    env: { AGENT_ROOT: '/agent', AGENT_ID: 'a1' },
    ...rest,
  };
  expect(specHash({ ...same, generation: 8 })).toBe(specHash(spec));
  const changed: WorkerSpec[] = [
    { ...spec, agentId: 'a2' },
    { ...spec, level: 'permissive' },
    { ...spec, env: { ...env, X: '' } },
    { ...spec, limits: { ...limits, pids: 13 } },
    { ...spec, user: { uid: 1, gid: 1 } },
    { ...spec, tightening: { readOnlyRoot: true } },
    { ...spec, labels: { a: 'b' } },
  ];
  const hashes = new Set([spec, ...changed].map(specHash));
  expect(hashes.size).toBe(changed.length + 1);
});

test('a name and a value cannot trade places without changing the hash', () => {
  expect(specHash({ ...spec, env: { a: 'b,c' } })).not.toBe(specHash({ ...spec, env: { a: 'b', c: '' } }));
});
