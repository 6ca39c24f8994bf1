import {
  parseMemory,
  PoolError,
  resolveLevel,
  type LevelCeiling,
  type ResolvedLevel,
} from '@clawforce/pool-core';
import type { EffectiveAgentConfig } from '@clawforce/protocol/config';
import { ApiError } from '../errors/api-error.js';
import type { Settings } from '../settings/index.js';

/** Gives what no agent of this server may exceed. @throws PoolError naming the variable that is out of range */
export function levelCeiling({ maxLevel, docker }: Pick<Settings, 'maxLevel' | 'docker'>): LevelCeiling {
  const memoryBytes = parseMemory(docker.memory, 'AGENT_DOCKER_MEM_LIMIT');
  const diskBytes = parseMemory(docker.disk, 'AGENT_DOCKER_DISK_LIMIT');
  return {
    level: maxLevel,
    limits: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      cpuQuotaUs: docker.cpuQuota,
      cpuPeriodUs: docker.cpuPeriod,
      ...(diskBytes === undefined ? {} : { diskBytes }),
    },
  };
}

/**
 * Gives what a pool has to enforce for a configuration (ARCHITECTURE section 6).
 * @throws ApiError LEVEL_EXCEEDS_MAXIMUM, CONFIG_INVALID naming the key that loosens
 */
export function resolveIsolation(
  level: string,
  { level: _configured, ...overrides }: EffectiveAgentConfig['docker'],
  ceiling: LevelCeiling,
): ResolvedLevel {
  try {
    return resolveLevel(level, ceiling, overrides);
  } catch (error) {
    if (!(error instanceof PoolError)) throw error;
    if (error.code === 'LEVEL_ABOVE_CEILING') {
      throw new ApiError(
        'LEVEL_EXCEEDS_MAXIMUM',
        `The level "${level}" is above this server's maximum "${ceiling.level}".`,
        {
          fix: `Choose a stricter level, or start the server with CLAWFORCE_MAX_LEVEL=${level}.`,
          cause: error,
        },
      );
    }
    const pointer = `/${(error.key ?? 'security.docker').replaceAll('.', '/')}`;
    throw new ApiError('CONFIG_INVALID', `The configuration is not valid: ${error.message}.`, {
      issues: [{ pointer, message: `${error.message}.` }],
      ...(error.fix ? { fix: error.fix } : {}),
      cause: error,
    });
  }
}
