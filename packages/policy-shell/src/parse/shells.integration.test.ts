import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { quoteArgv } from '../quote-argv.js';
import { parseCommand, type SimpleCommand } from './parse-command.js';

// How many accepted commands: CI size; 100,000 for a release.
const wanted = Number(process.env['CLAWFORCE_DIFFERENTIAL_RUNS'] ?? 10_000);
const seed = Number(process.env['CLAWFORCE_DIFFERENTIAL_SEED'] ?? Date.now() % 2 ** 31);
const batch = 500;
// Prints its words, the variable A and what it is fed.
const printer = `f() { printf '%s\\000' "$@" "A=\${A-unset}"; while IFS= read -r l; do printf '%s\\n' "$l"; done; printf '.\\000'; }`;

const plain = fc.constantFrom(
  'a', 'B9', ' ', '  ', '\t', '\n', '"', "'", '\\', '\\ ', '\\"', "\\'", '\\\\', '\\$', '\\`', '"x y"', "'x y'", '""', "''", '$', '"$"', '#', ' #',
  '~', 'a~', '=', 'k=v', ':', '!', '{', '}', '{}', '{a}', '[', ']', '%', '^', '+', '-', '--x=', '@', ',', '.', '/', 'é', '🎉', '$[', '"\\a"', '"\\\\"',
  "'\\'", '"!"', '-e', '"\n"', "'\n'", '\\\t', '"`"', '"\\`"', '$"', "$'",
); // prettier-ignore
// What some shell expands, behind what may hide it from a parser and in front of what may end it.
const trap = fc
  .tuple(
    fc.constantFrom('', '\\', '\\\\', '\\\\\\', '"', '"\\', '"\\\\', '"\\\\\\', "'", "'\\", '""', "''", '$', 'a', '=', ':', '" ', '{', 'k=', '"a'),
    fc.constantFrom(
      '$[', '$[1+1]', '$[[', '$[[]', '$((', '$((1))', '$(', '${', '${a}', '`', '`a`', '$"', "$'", '$a', '$1', '$$', '$?', '$-', '$@', '$#', '$!', '!',
      '!!', '!a', '!(', '@(a)', '?(', '+(a|b)', '!(a)', '*(', '~', '~+', '~-', '~root', '{a,b}', '{1..2}', '{a..c', '{,}', ',b}', '..3}', '{a', '<(',
      '>(', '$\\', '$|', '$)', '$;', '$~', '$%', '$.', '$,', '$:', '$=', '$+', '$/', '$]', '$}', '$é', '(', '((', '[[', '\\\n', '()', '(a b)', '$\\[', '`\\`', '"$',
    ),
    fc.constantFrom('', '"', "'", ' ', '\n', ']', ')', '}', '"\\"', '\\"', '`', ' a', '))', ']"', '}"', ')"'),
  )
  .map((parts) => parts.join('')); // prettier-ignore
const word = (most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: trap }), { maxLength: most })
    .map((parts) => parts.join(''));
const joiner = fc.constantFrom(
  '; f ',
  ' && f ',
  '\nf ',
  ';f',
  '&& f',
  ' # c\nf ',
  '\nk=v f ',
  ' ( f ',
  ' | f ',
  ' & f ',
);
const hereDocument = fc
  .tuple(
    fc.constantFrom('<<', '<<-', '0<<', '<< ', '<<-\t'),
    fc.constantFrom("'E'", '"E"', '\\E', "E''", '"E\\\\"', '"E\\F"', "'E F'", "'E'x", '"E$"', "$'E'", '$"E"', "'E\n'", "'$E'", "'E '", "'E'", '"E"'),
    fc.constantFrom('', ' y', '; f b', ' # c', ' && f c', " <<'F'"),
    fc.array(fc.constantFrom('E', 'F', 'a', '\tE', 'E ', ' E', '$x', '`a`', 'E\\', 'a\\', 'E F', 'E$', '', "E'", '$E', 'f z', "'", '"', '\\E', '$(a)'), { maxLength: 6 }),
    fc.constantFrom('E', 'E\n', 'F\n', 'E\nf d', '\tE\nf d\n'),
  )
  .map(([sign, delimiter, rest, lines, end]) => `${sign}${delimiter}${rest}\n${[...lines, end].join('\n')}`); // prettier-ignore
const texts = fc.oneof(
  { weight: 8, arbitrary: fc.array(plain, { minLength: 1, maxLength: 8 }).map((parts) => `f x${parts.join('')}`) },
  { weight: 8, arbitrary: word(5).map((first) => `f x${first}`) },
  { weight: 3, arbitrary: fc.tuple(word(3), word(3)).map(([value, first]) => `A=${value} f x${first}`) },
  { weight: 3, arbitrary: fc.tuple(word(2), joiner, word(2)).map(([one, sign, two]) => `f x${one}${sign}y${two}`) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('f ( ', 'f(', '; f ( ', ' f\t', '"f" '), word(2)).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: hereDocument.map((text) => `f x ${text}`) },
); // prettier-ignore

interface Accepted {
  readonly text: string;
  /** What `f` prints for every command of the line. */
  readonly words: readonly string[];
}

/** Different generated lines that the parser accepts, with the words, the variable and the here-document it reads for each `f`. */
function accepted(): Accepted[] {
  const found = new Map<string, Accepted>();
  for (let round = 0; found.size < wanted; round++) {
    for (const one of acceptedOf(seed + round)) found.set(one.text, one);
  }
  return [...found.values()].slice(0, wanted);
}

function acceptedOf(ownSeed: number): Accepted[] {
  return fc.sample(texts, { numRuns: 5_000, seed: ownSeed }).flatMap((text) => {
    const parsed = parseCommand(text, true);
    if (!parsed.ok || parsed.line.some(({ commands: { length } }) => length > 1)) return [];
    const commands = parsed.line.flatMap((pipeline) => pipeline.commands);
    const readable = commands.every(
      ({ words, redirects }) =>
        words[0].value === 'f' &&
        !words.some(({ pieces }) => pieces) &&
        redirects.every(({ kind }) => kind === 'text'),
    );
    return readable ? [{ text, words: commands.flatMap(printedBy) }] : [];
  });
}

function printedBy({ words, assignments, redirects }: SimpleCommand): string[] {
  const variable = assignments.findLast(({ name }) => name === 'A')?.value ?? 'unset';
  const input = redirects.findLast(({ kind }) => kind === 'text');
  const text = input?.kind === 'text' ? input.text : '';
  return [...words.slice(1).map(({ value }) => value), `A=${variable}`, `${text}.`];
}

// All in one process; only where that ends early, because a shell cannot read a text, each in a process of its own.
function wordsIn(shell: readonly [string, ...string[]], cases: readonly Accepted[]): (string[] | string)[] {
  const together = evaluate(shell, cases.map(({ text }) => `eval ${quoteArgv([text])} </dev/null`)); // prettier-ignore
  if (together.length === cases.length) return together;
  return evaluate(shell, cases.map(({ text }) => `( eval ${quoteArgv([text])} </dev/null )`)); // prettier-ignore
}

function evaluate(shell: readonly [string, ...string[]], lines: readonly string[]): (string[] | string)[] {
  const marked = lines.map((line) => `unset A; ${line}; printf '\\001%s\\002' $?`);
  const [program, ...args] = shell;
  const { stdout, error } = spawnSync(program, [...args, '-s'], {
    encoding: 'utf8',
    input: `exec 2>/dev/null\n${printer}\n${marked.join('\n')}\n`,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  return stdout
    .split('\u0002')
    .slice(0, -1)
    .map((answer) => {
      const [printed = '', code] = answer.split('\u0001');
      return code === '0' ? printed.split('\0').slice(0, -1) : `ended with ${String(code)}`;
    });
}

const cases = accepted();

it('takes a fair part of what is generated, with every way of quoting', () => {
  expect(cases.length).toBe(wanted);
  for (const sign of ["'", '"', '\\', '#', '=', '{', '$', 'é', '\t', '$[', '`', ';', '\nf', 'A=', '<<']) {
    expect(cases.filter(({ text }) => text.includes(sign)).length).toBeGreaterThan(wanted / 500);
  }
});

for (const [name, shell] of [
  ['bash', ['bash']],
  ['dash', ['dash']],
  ['busybox', ['busybox', 'sh']],
] as const) {
  requires('linux', name).test(
    `the words we would run are the words of ${name}, for generated commands`,
    () => {
      for (let at = 0; at < cases.length; at += batch) {
        const some = cases.slice(at, at + batch);
        const answers = wordsIn(shell, some);
        expect(answers.length).toBe(some.length);
        for (const [place, { text, words }] of some.entries()) {
          expect({ seed, text, words: answers[place] }).toEqual({ seed, text, words });
        }
      }
    },
    600_000,
  );
}
