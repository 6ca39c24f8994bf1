import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pair } from './attacker.js';
import type { Ground, Scenario } from './scenarios.js';

const OUTSIDE = 'OUTSIDE';

/** A file outside that gets a second name inside, for a moment, again and again. */
function lend({ inside, outside }: Ground): readonly Pair[] {
  writeFileSync(join(inside, 'own'), 'inside');
  writeFileSync(join(outside, 'x'), OUTSIDE);
  return [[`+${join(outside, 'x')}`, join(inside, 'x')]];
}

/** Tells whether the file outside has changed, and puts it right. */
function damaged({ outside }: Ground): boolean {
  const file = join(outside, 'x');
  if (readFileSync(file, 'utf8') === OUTSIDE) return false;
  writeFileSync(file, OUTSIDE);
  return true;
}

const quietly = <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined);

/**
 * Attacks on the rule that a file has one name: it is opened while it has two, and counted when it has one again. Each
 * attempt ends with a call that succeeds, because none on the lent name can.
 */
export const HARD_LINK_SCENARIOS: readonly Scenario[] = [
  {
    name: 'read, hard link made and removed',
    wants: 'a file outside that has a second name inside for a moment',
    weight: 10,
    prepare: lend,
    async attempt(victim) {
      const text = await quietly(victim.read('x'));
      await victim.read('own');
      return text?.includes(OUTSIDE) === true;
    },
  },
  {
    name: 'grep, hard link made and removed',
    wants: 'lines of a file outside that has a second name inside for a moment',
    weight: 2,
    prepare: lend,
    attempt: async (victim) => (await victim.grep(OUTSIDE, '.')).length > 0,
  },
  {
    name: 'write, hard link made and removed',
    wants: 'a file outside overwritten that has a second name inside for a moment',
    weight: 2,
    prepare: lend,
    async attempt(victim) {
      await quietly(victim.write('x', 'overwritten'));
      await quietly(victim.remove('x'));
      await victim.write('own', 'inside');
      return false;
    },
    damaged,
  },
  {
    name: 'append, hard link made and removed',
    wants: 'text added to a file outside that has a second name inside for a moment',
    weight: 2,
    prepare: lend,
    async attempt(victim) {
      await quietly(victim.append('x', '.'));
      await quietly(victim.remove('x'));
      await victim.append('own', '.');
      return false;
    },
    damaged,
  },
];
