import { expect, test } from 'vitest';
import type { WorkerSpec } from './agent-pool.js';
import { checkSpec } from './check-spec.js';

const spec: WorkerSpec = {
  agentId: 'a1',
  generation: 1,
  level: 'permissive',
  agentRoot: '/srv/a1',
  socketDir: '/run/a1',
  env: { AGENT_ID: 'a1' },
  limits: {},
};

test('a whole specification passes', () => {
  expect(() =>
    checkSpec({
      ...spec,
      tightening: { readOnlyRoot: true, network: 'none' },
      user: { uid: 0, gid: 0 },
      limits: { pids: 3 },
      labels: { a: 'b' },
    }),
  ).not.toThrow();
});

test.each<[string, object]>([
  ['agentId', { agentId: '' }],
  ['agentId', { agentId: '../x' }],
  ['agentId', { agentId: 'a'.repeat(65) }],
  ['agentId', { agentId: '.hidden' }],
  ['generation', { generation: 0 }],
  ['generation', { generation: 1.5 }],
  ['generation', { generation: '1' }],
  ['level', { level: 'toString' }],
  ['agentRoot', { agentRoot: 'relative' }],
  ['agentRoot', { agentRoot: '/srv/a/../../etc' }],
  ['socketDir', { socketDir: '/run/\0' }],
  ['env', { env: { 'A=B': 'x' } }],
  ['env.A', { env: { A: 'x\0y' } }],
  ['env.A', { env: { A: 1 } }],
  ['limits.memoryBytes', { limits: { memoryBytes: -1 } }],
  ['limits.pids', { limits: { pids: 0 } }],
  ['limits.memory', { limits: { memory: 1 } }],
  ['limits', { limits: null }],
  ['env', { env: null }],
  ['tightening', { tightening: null }],
  ['tightening', { tightening: ['none'] }],
  ['tightening.network', { tightening: { network: 'own' } }],
  ['tightening.readOnlyRoot', { tightening: { readOnlyRoot: false } }],
  ['tightening.noNewPrivileges', { tightening: { noNewPrivileges: false } }],
  ['tightening.capabilities', { tightening: { network: 'none', capabilities: 'engine-default' } }],
  ['tightening.seccomp', { tightening: { seccomp: 'engine-default' } }],
  ['tightening.user', { tightening: { user: 'root' } }],
  ['user', { user: { uid: -1, gid: 0 } }],
  ['user', { user: { uid: 'root', gid: 0 } }],
  ['image', { image: null }],
  ['image', { image: { id: '', name: 'x' } }],
  ['image', { image: { id: 'x' } }],
  ['labels.a', { labels: { a: 1 } }],
])('a bad %s is refused by name', (key, change) => {
  expect(() => checkSpec({ ...spec, ...change })).toThrow(
    expect.objectContaining({ code: 'SPEC_INVALID', key }),
  );
});
