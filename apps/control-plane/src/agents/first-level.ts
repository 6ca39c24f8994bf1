import { isWithinCeiling, type IsolationLevel } from '@clawforce/pool-core';

/** Level of an agent whose configuration names none. */
export const DEFAULT_LEVEL: IsolationLevel = 'permissive';

/** Gives the level of an agent that is made: the default, or the maximum of this server where that is stricter. */
export function firstLevel(maxLevel: IsolationLevel): IsolationLevel {
  return isWithinCeiling(DEFAULT_LEVEL, maxLevel) ? DEFAULT_LEVEL : maxLevel;
}
