import { expect, test } from 'vitest';
import { describePoolConformance } from './conformance.js';
import type { ConformanceHarness } from './conformance.js';
import type { AgentPool } from './agent-pool.js';

interface Declared {
  readonly title: string;
  readonly body: () => Promise<void>;
}

function declare(pool: AgentPool): Declared[] {
  const declared: Declared[] = [];
  const harness: ConformanceHarness = {
    pool,
    spec: async ({ agentId, generation }) => ({
      agentId,
      generation,
      level: 'permissive',
      agentRoot: '/nonexistent',
      socketDir: '/nonexistent',
      env: {},
      limits: {},
    }),
    dispose: async () => undefined,
  };
  describePoolConformance(async () => harness, {
    test: (title, body) => declared.push({ title, body }),
    expect,
    parentEnvironment: {},
  });
  return declared;
}

// A pool that claims success and does nothing.
const liar: AgentPool = {
  kind: 'liar',
  capabilities: new Set(['stats']),
  probe: async () => ({
    available: true,
    engine: 'liar',
    levels: ['permissive'],
    enforced: [],
    notEnforced: [],
  }),
  start: async ({ agentId, generation }) => ({ agentId, generation, engineId: '1', startedAt: 'now' }),
  stop: async ({ agentId, generation }) => ({ agentId, generation, outcome: 'stopped', tookMs: 0 }),
  inspect: async () => undefined,
  probeInside: async () => ({ outcome: 'probed', effective: {} }),
  list: async () => [],
  async *logs() {},
  stats: async () => undefined,
  async *events() {},
  close: async () => undefined,
};

test('every case fails for a pool that only pretends, except those that ask it nothing but its probe', async () => {
  const passed: string[] = [];
  const slow = /event|stats are told/;
  for (const { title, body } of declare(liar).filter((one) => !slow.test(one.title))) {
    await body().then(
      () => passed.push(title),
      () => undefined,
    );
  }
  expect(passed).toEqual(['the probe names the engine, the levels, and what is and is not enforced']);
});

test('titles are unique, and a missing option is a TypeError that names it', () => {
  const titles = declare(liar).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  const options = { test: () => undefined, expect, parentEnvironment: {} };
  const harness = async (): Promise<never> => Promise.reject(new Error('unused'));
  expect(() => describePoolConformance(harness, { ...options, test: undefined as never })).toThrow(
    /^options.test: /,
  );
  expect(() => describePoolConformance(undefined as never, options)).toThrow(/^createHarness: /);
});
