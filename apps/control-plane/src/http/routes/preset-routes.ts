import {
  describeLevel,
  isWithinCeiling,
  LEVEL_LOOSENESS,
  type AgentPool,
  type IsolationLevel,
} from '@clawforce/pool-core';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object } from '../schemas.js';

/** What the presets are judged by. */
export interface PresetRouteParts {
  readonly maxLevel: IsolationLevel;
  readonly pool: Pick<AgentPool, 'kind' | 'probe'> | undefined;
}

/** The route of the cards Standard, Safe and Power. */
export function presetRoutes({ maxLevel, pool }: PresetRouteParts): Route[] {
  return [
    {
      method: 'get',
      path: '/api/security-presets',
      tag: 'config',
      summary: 'Gives the isolation levels with their plain consequences, the strictest first.',
      access: { action: 'runtime:read' },
      responses: {
        200: {
          description: 'The presets.',
          schema: object({ items: { type: 'array', items: ref('SecurityPreset') } }),
        },
      },
      handle: async () => {
        const startable = (await pool?.probe())?.levels ?? [];
        const levels = (Object.keys(LEVEL_LOOSENESS) as IsolationLevel[]).sort(
          (one, other) => LEVEL_LOOSENESS[one] - LEVEL_LOOSENESS[other],
        );
        return {
          json: {
            items: levels.map((level) => {
              const reason = !isWithinCeiling(level, maxLevel)
                ? `This server admits at most "${maxLevel}" (CLAWFORCE_MAX_LEVEL).`
                : pool && !startable.includes(level)
                  ? `The backend "${pool.kind}" cannot enforce this level and starts no agent at it.`
                  : undefined;
              return {
                ...describeLevel(level),
                available: reason === undefined,
                ...(reason === undefined ? {} : { unavailable_reason: reason }),
              };
            }),
          },
        };
      },
    },
  ];
}
