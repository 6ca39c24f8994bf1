import { ISOLATION_LEVELS } from '../isolation-level.js';
import type { IsolationLevel } from '../isolation-level.js';
import { codeOf, lineOf } from './case.js';
import type { ConformanceCase } from './case.js';

/** What the pool enforces, what it refuses, and what it must not pretend. */
export const isolationCases: readonly ConformanceCase[] = [
  {
    title: 'the probe names the engine, the levels, and what is and is not enforced',
    run: async ({ pool, options }) => {
      const probe = await pool.probe();
      options.expect(probe.available, probe.reason).toBe(true);
      options.expect(probe.engine.length > 0).toBe(true);
      options.expect(probe.levels.includes(options.level ?? 'permissive')).toBe(true);
      for (const sentence of probe.enforced) options.report?.(`${pool.kind} enforces: ${sentence}`);
      for (const sentence of probe.notEnforced)
        options.report?.(`${pool.kind} does NOT enforce: ${sentence}`);
    },
  },
  {
    title: 'a level that the pool cannot enforce is refused, never started weaker',
    run: async ({ pool, spec, options }) => {
      const { levels } = await pool.probe();
      const others = (Object.keys(ISOLATION_LEVELS) as IsolationLevel[]).filter(
        (level) => !levels.includes(level),
      );
      for (const level of others) {
        const asked = await spec({ agentId: `level-${level}`, generation: 1, behaviour: 'idle', level });
        options.expect(await codeOf(() => pool.start(asked)), level).toBe('LEVEL_UNSUPPORTED');
      }
      options.expect(await pool.list()).toEqual([]);
    },
  },
  {
    title: 'a tightening is enforced or refused, never ignored',
    run: async ({ pool, spec, options }) => {
      if (pool.capabilities.has('isolation')) return;
      for (const tightening of [{ readOnlyRoot: true }, { network: 'none' }] as const) {
        const asked = await spec({ agentId: 'tight', generation: 1, behaviour: 'idle', tightening });
        options.expect(await codeOf(() => pool.start(asked))).toBe('LEVEL_UNSUPPORTED');
      }
      options.expect(await pool.list()).toEqual([]);
    },
  },
  {
    title: 'a worker wants the secrets of the control plane: none of its variables is in the environment',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'clean', generation: 1, behaviour: 'environment' });
      await pool.start(asked);
      const text = await lineOf(context, asked, (line) => line.startsWith('{'));
      const seen = JSON.parse(text) as Record<string, string>;
      const engine = options.engineVariables ?? ['PATH', 'HOME', 'LANG'];
      const unexpected = Object.keys(seen).filter((name) => !(name in asked.env) && !engine.includes(name));
      options.expect(unexpected).toEqual([]);
      for (const [name, value] of Object.entries(asked.env)) options.expect(seen[name], name).toBe(value);
      const leaked = Object.entries(options.parentEnvironment).filter(
        ([name, value]) =>
          value !== undefined && seen[name] === value && !(name in asked.env) && !engine.includes(name),
      );
      options.expect(leaked.map(([name]) => name)).toEqual([]);
    },
  },
  {
    title: 'a pool without a probe of its own says unsupported and attests nothing',
    run: async ({ pool, spec, options }) => {
      const asked = await spec({ agentId: 'probe', generation: 1, behaviour: 'idle' });
      await pool.start(asked);
      const answer = await pool.probeInside(asked);
      const able = pool.capabilities.has('probe-inside');
      options.expect(answer.outcome).toBe(able ? 'probed' : 'unsupported');
      if (!pool.capabilities.has('isolation')) {
        options.expect((await pool.inspect('probe'))?.attested).toBe('none');
      }
    },
  },
  {
    title: 'a wrong specification is refused by the name of the field',
    run: async ({ pool, spec, options }) => {
      const good = await spec({ agentId: 'fields', generation: 1, behaviour: 'idle' });
      const wrong = [
        { ...good, agentId: '../../etc' },
        { ...good, generation: 0 },
        { ...good, agentRoot: 'relative/path' },
        { ...good, limits: { pids: -1 } },
        { ...good, limits: { memory: 1 } },
        { ...good, env: { 'BAD NAME': 'x' } },
        { ...good, tightening: { network: 'own', capabilities: 'engine-default', user: 'root' } },
      ] as (typeof good)[];
      for (const asked of wrong) {
        options.expect(await codeOf(() => pool.start(asked))).toBe('SPEC_INVALID');
      }
      options.expect(await pool.list()).toEqual([]);
    },
  },
];
