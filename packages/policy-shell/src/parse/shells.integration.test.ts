import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { quoteArgv } from '../quote-argv.js';
import { parseCommand } from './parse-command.js';

// CI size; 100,000 for a release.
const runs = Number(process.env['CLAWFORCE_DIFFERENTIAL_RUNS'] ?? 10_000);
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

/** Generated command lines that the parser accepts, with the words it reads behind `f`. */
function accepted(): Accepted[] {
  const lines = fc.sample(fc.array(pieces, { minLength: 1, maxLength: 8 }), { numRuns: runs, seed });
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

// Each text is evaluated by itself, so that one a shell cannot read does not hide the others.
function wordsIn(shell: readonly [string, ...string[]], cases: readonly Accepted[]): (string[] | string)[] {
  const lines = cases.map(
    ({ text }) => `( eval ${quoteArgv([text])} ) 2>/dev/null; printf '\\001%s\\002' $?`,
  );
  const script = `f() { printf '%s\\000' "$@"; }\n${lines.join('\n')}\n`;
  const [program, ...args] = shell;
  const { stdout, status } = spawnSync(program, [...args, '-s'], {
    encoding: 'utf8',
    input: script,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${program} ended with ${String(status)}`);
  return stdout
    .split('\u0002')
    .slice(0, -1)
    .map((answer) => {
      const [printed = '', code] = answer.split('\u0001');
      return code === '0' ? printed.split('\0').slice(0, -1) : `ended with ${String(code)}`;
    });
}

for (const [name, shell] of [
  ['bash', ['bash']],
  ['dash', ['dash']],
  ['busybox', ['busybox', 'sh']],
] as const) {
  requires('linux', name).test(
    `the words we would run are the words of ${name}, for generated commands`,
    () => {
      const cases = accepted();
      for (let at = 0; at < cases.length; at += batch) {
        const some = cases.slice(at, at + batch);
        const answers = wordsIn(shell, some);
        expect(answers.length).toBe(some.length);
        for (const [place, { text, words }] of some.entries()) {
          expect({ seed, text, words: answers[place] }).toEqual({ seed, text, words });
        }
      }
      expect(cases.length).toBeGreaterThan(runs / 20);
    },
    600_000,
  );
}
