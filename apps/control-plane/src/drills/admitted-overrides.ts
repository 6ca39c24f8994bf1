import { PoolError, resolveLevel, type IsolationLevel, type LevelOverrides } from '@clawforce/pool-core';
import type { EffectiveAgentConfig } from '@clawforce/protocol/config';

/**
 * Gives the overrides of an agent that another level admits: what is a tightening at the agent's own level may loosen a
 * stricter one, and the worker of a drill then has what that level gives.
 */
export function admittedOverrides(
  level: IsolationLevel,
  { level: _own, ...overrides }: EffectiveAgentConfig['docker'],
): LevelOverrides {
  return Object.fromEntries(
    Object.entries(overrides).filter(([key, value]) => admits(level, { [key]: value })),
  );
}

function admits(level: IsolationLevel, override: LevelOverrides): boolean {
  try {
    resolveLevel(level, { level: 'privileged' }, override);
    return true;
  } catch (error) {
    if (error instanceof PoolError && error.code === 'OVERRIDE_LOOSENS') return false;
    throw error;
  }
}
