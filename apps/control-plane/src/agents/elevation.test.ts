import { ISOLATION_LEVELS, type IsolationLevel, type WorkerSpec } from '@clawforce/pool-core';
import { effectiveConfig } from '@clawforce/protocol/config';
import { describe, expect, it } from 'vitest';
import { workerConfig } from './worker-config.js';

const LEVELS = Object.keys(ISOLATION_LEVELS) as IsolationLevel[];

/** The configuration that a worker of this level gets, once it was looked at, whatever its agent is configured to have. */
function given(
  running: IsolationLevel,
  attested: 'none' | 'matched' | 'mismatched',
  configured: IsolationLevel,
  generation = 3,
): { elevation: string; confinement: string } {
  const spec: WorkerSpec = {
    agentId: 'a',
    generation: 3,
    level: running,
    agentRoot: '/srv/a',
    socketDir: '/run/a',
    env: {},
    limits: {},
  };
  const agent = { id: 'a', name: 'a', generation, attested, workerSpec: JSON.stringify(spec) };
  const config = effectiveConfig({ security: { docker: { level: configured } } });
  const { elevation, confinement } = workerConfig(agent, config, { unconfinedExec: false }).exec;
  return { elevation, confinement };
}

describe('elevation', () => {
  it('is allowed where the present worker was attested to be privileged, and only there', () => {
    const allowed: unknown[] = [];
    for (const running of LEVELS)
      for (const attested of ['none', 'matched', 'mismatched'] as const)
        for (const configured of LEVELS) {
          const { elevation, confinement } = given(running, attested, configured);
          expect(confinement).toBe(elevation === 'allow' ? 'off' : 'required');
          if (elevation === 'allow') allowed.push([running, attested, configured]);
        }
    expect(allowed).toEqual(LEVELS.map((configured) => ['privileged', 'matched', configured]));
  });

  it('is not inherited from the worker of an earlier start', () => {
    expect(given('privileged', 'matched', 'privileged', 4)).toEqual({
      elevation: 'deny',
      confinement: 'required',
    });
  });
});
