import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Pair } from './attacker.js';
import { HARD_LINK_SCENARIOS } from './hard-link-scenarios.js';
import { lookupScenarios } from './lookup-scenarios.js';
import type { Victim } from './victim.js';

/** The directories that a scenario works in, both fresh. */
export interface Ground {
  /** The workspace of the agent. */
  readonly inside: string;
  /** A directory that no call may read, list or change. */
  readonly outside: string;
}

/** One way to attack one operation. */
export interface Scenario {
  readonly name: string;
  /** What the attacker wants. */
  readonly wants: string;
  /** Share of the attempts, by how long one takes. */
  readonly weight: number;
  /** Lays the ground and gives what the attacker swaps. */
  prepare(ground: Ground): readonly Pair[];
  /** One call of the victim, told whether it escaped. Throws when the call was refused. */
  attempt(victim: Victim, ground: Ground, round: number): Promise<boolean>;
  /** After the attack: tells whether text from outside has come in. */
  leaked?(ground: Ground): boolean;
  /** After each attempt, also a refused one: tells whether something outside has changed, and repairs it. */
  damaged?(ground: Ground): boolean;
}

const INSIDE = 'inside';
// Holds `side` in both spellings that the edits look for.
const OUTSIDE = 'OUTSIDE side';

/** A directory `d/sub` with a twin outside, and a link to the twin that takes the place of `d`. */
function twins({ inside, outside }: Ground): readonly Pair[] {
  mkdirSync(join(inside, 'd/sub'), { recursive: true });
  mkdirSync(join(inside, 'e'));
  mkdirSync(join(outside, 'sub'), { recursive: true });
  writeFileSync(join(inside, 'd/sub/x'), INSIDE);
  writeFileSync(join(outside, 'sub/x'), OUTSIDE);
  writeFileSync(join(outside, 'sub/only-outside'), OUTSIDE);
  symlinkSync(outside, join(inside, 'link'));
  return [[join(inside, 'd'), join(inside, 'link')]];
}

/** Tells whether the twin's file or listing differs from what it was, and puts it right. */
function twinDamaged({ outside }: Ground): boolean {
  const sub = join(outside, 'sub');
  const file = join(sub, 'x');
  mkdirSync(sub, { recursive: true });
  const names = readdirSync(sub);
  const sound =
    names.length === 2 &&
    names.includes('x') &&
    names.includes('only-outside') &&
    readFileSync(file, 'utf8') === OUTSIDE;
  if (sound) return false;
  for (const name of names) rmSync(join(sub, name), { recursive: true });
  writeFileSync(file, OUTSIDE);
  writeFileSync(join(sub, 'only-outside'), OUTSIDE);
  return true;
}

/** Tells whether a file of the workspace holds text of the twin; links are not followed. */
function heldOutside({ inside }: Ground): boolean {
  return readdirSync(inside, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), 'utf8').includes('OUT'),
  );
}

const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => undefined,
    () => undefined,
  );

/** Every operation under attack. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'read, parent swapped',
    wants: 'a file of a directory that takes the place of the parent',
    weight: 30,
    prepare: twins,
    attempt: async (victim) => (await victim.read('d/sub/x')).includes(OUTSIDE),
  },
  {
    name: 'read, file swapped',
    wants: 'a file that a link in the place of the file names',
    weight: 30,
    prepare({ inside, outside }) {
      writeFileSync(join(inside, 'x'), INSIDE);
      writeFileSync(join(outside, 'x'), OUTSIDE);
      symlinkSync(join(outside, 'x'), join(inside, 'link'));
      return [[join(inside, 'x'), join(inside, 'link')]];
    },
    attempt: async (victim) => (await victim.read('x')).includes(OUTSIDE),
  },
  {
    name: 'read through a link that is retargeted',
    wants: 'a file of the directory that the second link names',
    weight: 12,
    prepare(ground) {
      twins(ground);
      const { inside } = ground;
      symlinkSync('d', join(inside, 'good'));
      symlinkSync('link', join(inside, 'bad'));
      return [[join(inside, 'good'), join(inside, 'bad')]];
    },
    attempt: async (victim) => (await victim.read('good/sub/x')).includes(OUTSIDE),
  },
  {
    name: 'list, parent swapped',
    wants: 'the names in a directory outside',
    weight: 10,
    prepare: twins,
    attempt: async (victim) => (await victim.list('d/sub')).includes('only-outside'),
  },
  {
    name: 'write, parent swapped',
    wants: 'a file created outside',
    weight: 8,
    prepare: twins,
    attempt: (victim, _, round) => victim.write(`d/sub/n${round % 8}`, INSIDE).then(() => false),
    damaged: twinDamaged,
  },
  {
    name: 'write, file swapped',
    wants: 'a file outside overwritten through a link in the place of the file',
    weight: 6,
    prepare(ground) {
      twins(ground);
      const { inside, outside } = ground;
      symlinkSync(join(outside, 'sub/x'), join(inside, 'd/sub/evil'));
      return [[join(inside, 'd/sub/x'), join(inside, 'd/sub/evil')]];
    },
    attempt: (victim) => victim.write('d/sub/x', INSIDE).then(() => false),
    damaged: twinDamaged,
  },
  {
    name: 'append, parent swapped',
    wants: 'text added to a file outside',
    weight: 8,
    prepare: twins,
    attempt: (victim) => victim.append('d/sub/x', '.').then(() => false),
    damaged: twinDamaged,
  },
  {
    name: 'edit, parent swapped',
    wants: 'a file outside changed, or its text put into the workspace',
    weight: 6,
    prepare: twins,
    async attempt(victim) {
      // Both texts hold the word, so an edit that reaches the twin finds it.
      await quietly(victim.edit('d/sub/x', 'side', 'SIDE'));
      await victim.edit('d/sub/x', 'SIDE', 'side');
      return false;
    },
    damaged: twinDamaged,
    leaked: heldOutside,
  },
  {
    name: 'mkdir, parent swapped',
    wants: 'a directory created outside',
    weight: 6,
    prepare: twins,
    async attempt(victim, _, round) {
      await victim.mkdir(`d/sub/m${round % 4}`);
      await quietly(victim.remove(`d/sub/m${round % 4}`));
      return false;
    },
    damaged: twinDamaged,
  },
  {
    name: 'remove, parent swapped',
    wants: 'a file outside removed',
    weight: 6,
    prepare: twins,
    async attempt(victim) {
      await quietly(victim.write('d/sub/x', INSIDE));
      await victim.remove('d/sub/x');
      return false;
    },
    damaged: twinDamaged,
  },
  {
    name: 'move, both parents swapped',
    wants: 'a file brought in from outside, or carried out',
    weight: 5,
    prepare(ground) {
      const pairs = twins(ground);
      const { inside, outside } = ground;
      symlinkSync(outside, join(inside, 'link2'));
      mkdirSync(join(inside, 'e/sub'));
      return [...pairs, [join(inside, 'e'), join(inside, 'link2')]];
    },
    async attempt(victim, _, round) {
      const [from, to] = round % 2 === 0 ? ['d/sub/x', 'e/sub/y'] : ['e/sub/y', 'd/sub/x'];
      await victim.move(from, to);
      return false;
    },
    damaged: twinDamaged,
    leaked: heldOutside,
  },
  {
    name: 'move, file swapped',
    wants: 'a file outside moved, or its text brought in, by a link in the place of the file',
    weight: 2,
    prepare(ground) {
      twins(ground);
      const { inside, outside } = ground;
      symlinkSync(join(outside, 'sub/x'), join(inside, 'd/sub/evil'));
      return [[join(inside, 'd/sub/x'), join(inside, 'd/sub/evil')]];
    },
    async attempt(victim) {
      await quietly(victim.move('e/y', 'd/sub/x'));
      await victim.move('d/sub/x', 'e/y');
      return false;
    },
    damaged: twinDamaged,
    leaked: heldOutside,
  },
  {
    name: 'recursive remove, directory inside it swapped',
    wants: 'a tree outside removed',
    weight: 1,
    prepare(ground) {
      twins(ground);
      grow(ground);
      return [[join(ground.inside, 't/s'), join(ground.inside, 't/evil')]];
    },
    async attempt(victim, ground) {
      if (!existsSync(join(ground.inside, 't/s')) && !existsSync(join(ground.inside, 't/evil'))) grow(ground);
      await victim.remove('t');
      return false;
    },
    damaged: twinDamaged,
  },
  ...HARD_LINK_SCENARIOS,
  ...lookupScenarios({
    prepare: twins,
    damaged: twinDamaged,
    onlyOutside: 'only-outside',
    outsideText: OUTSIDE,
  }),
];

function grow({ inside, outside }: Ground): void {
  try {
    mkdirSync(join(inside, 't/s/sub'), { recursive: true });
    for (const name of ['x', 'y', 'only-outside']) writeFileSync(join(inside, 't/s/sub', name), INSIDE);
    symlinkSync(outside, join(inside, 't/evil'));
  } catch {
    // The attacker was faster; the next round grows it again.
  }
}
