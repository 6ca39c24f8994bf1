import { isWithinCeiling, type IsolationLevel } from '@clawforce/pool-core';
import { DEFAULT_LEVEL } from '@clawforce/protocol/config';

/** Gives the level of an agent that is made: the default, or the maximum of this server where that is stricter. */
export function firstLevel(maxLevel: IsolationLevel): IsolationLevel {
  return isWithinCeiling(DEFAULT_LEVEL, maxLevel) ? DEFAULT_LEVEL : maxLevel;
}
