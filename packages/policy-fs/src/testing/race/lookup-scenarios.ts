import type { Ground, Scenario } from './scenarios.js';
import type { Pair } from './attacker.js';

/** What the ground of these scenarios is: a directory, its twin outside, and what only the twin holds. */
export interface LookupGround {
  prepare(ground: Ground): readonly Pair[];
  damaged(ground: Ground): boolean;
  /** Text and name that are found outside only. */
  readonly onlyOutside: string;
  readonly outsideText: string;
}

/** Attacks on operations that look at names and kinds without giving content, or walk a tree. */
export function lookupScenarios({
  prepare,
  damaged,
  onlyOutside,
  outsideText,
}: LookupGround): readonly Scenario[] {
  return [
    {
      name: 'stat, parent swapped',
      wants: 'the size of a file outside (CVE-2026-27139)',
      weight: 10,
      prepare,
      attempt: async (victim) => (await victim.stat('d/sub/x')) === outsideText.length,
    },
    {
      name: 'tree, directory in it swapped',
      wants: 'the names in a directory outside',
      weight: 3,
      prepare,
      attempt: async (victim) => (await victim.tree('.')).includes(onlyOutside),
    },
    {
      name: 'glob, directory in it swapped',
      wants: 'the names in a directory outside',
      weight: 3,
      prepare,
      attempt: async (victim) => (await victim.glob('d/**')).some((path) => path.endsWith(onlyOutside)),
    },
    {
      name: 'grep, directory in it swapped',
      wants: 'lines of a file outside',
      weight: 3,
      prepare,
      attempt: async (victim) => (await victim.grep(outsideText, '.')).length > 0,
    },
    {
      name: 'rename, parent swapped',
      wants: 'a file outside renamed',
      weight: 5,
      prepare,
      async attempt(victim, _, round) {
        await (round % 2 === 0 ? victim.rename('d/sub/x', 'y') : victim.rename('d/sub/y', 'x'));
        return false;
      },
      damaged,
    },
  ];
}
