import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { quoteArgv } from '../quote-argv.js';
import { parseCommand } from './parse-command.js';

// How many accepted commands: CI size; 100,000 for a release.
const wanted = Number(process.env['CLAWFORCE_DIFFERENTIAL_RUNS'] ?? 10_000);
const seed = Number(process.env['CLAWFORCE_DIFFERENTIAL_SEED'] ?? Date.now() % 2 ** 31);
const batch = 500;

const pieces = fc.constantFrom(
  'a', 'B9', ' ', '  ', '\t', '\n', '"', "'", '\\', '\\ ', '\\"', "\\'", '\\\\', '\\$', '\\`', '"x y"', "'x y'", '""', "''", '$', '"$"', '#', ' #',
  '~', 'a~', '=', 'k=v', ':', '!', '{', '}', '{}', '{a}', '[', ']', '%', '^', '+', '-', '--x=', '@', ',', '.', '/', 'é', '🎉', '$[', '"\\a"', '"\\\\"',
  "'\\'", '"!"', '-e', '"\n"', "'\n'", '\\\t', '"`"', '"\\`"', '$"', "$'",
); // prettier-ignore

interface Accepted {
  readonly text: string;
  readonly words: readonly string[];
}

/** Different generated command lines that the parser accepts, with the words it reads behind `f`. */
function accepted(): Accepted[] {
  const found = new Map<string, Accepted>();
  for (let round = 0; found.size < wanted; round++) {
    for (const one of acceptedOf(seed + round)) found.set(one.text, one);
  }
  return [...found.values()].slice(0, wanted);
}

function acceptedOf(ownSeed: number): Accepted[] {
  const lines = fc.sample(fc.array(pieces, { minLength: 1, maxLength: 8 }), {
    numRuns: 5_000,
    seed: ownSeed,
  });
  return lines.flatMap((parts) => {
    const text = `f x${parts.join('')}`;
    const parsed = parseCommand(text);
    if (!parsed.ok) return [];
    const [{ words }] = parsed.line[0].commands;
    return words.some(({ pieces: pattern }) => pattern)
      ? []
      : [{ text, words: words.slice(1).map(({ value }) => value) }];
  });
}

// All in one process; only where that ends early, because a shell cannot read a text, each in a process of its own.
function wordsIn(shell: readonly [string, ...string[]], cases: readonly Accepted[]): (string[] | string)[] {
  const together = evaluate(shell, cases.map(({ text }) => `eval ${quoteArgv([text])}`)); // prettier-ignore
  if (together.length === cases.length) return together;
  return evaluate(shell, cases.map(({ text }) => `( eval ${quoteArgv([text])} )`)); // prettier-ignore
}

function evaluate(shell: readonly [string, ...string[]], lines: readonly string[]): (string[] | string)[] {
  const marked = lines.map((line) => `${line}; printf '\\001%s\\002' $?`);
  const [program, ...args] = shell;
  const { stdout, error } = spawnSync(program, [...args, '-s'], {
    encoding: 'utf8',
    input: `exec 2>/dev/null\nf() { printf '%s\\000' "$@"; }\n${marked.join('\n')}\n`,
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
  for (const sign of ["'", '"', '\\', '#', '=', '{', '$', 'é', '\t']) {
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
