import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { quoteArgv } from '../quote-argv.js';
import { splitWords } from './split-words.js';

// Each is two processes: 300 texts at CI size, 3,000 for a release.
const wanted = Math.ceil(Number(process.env['CLAWFORCE_DIFFERENTIAL_RUNS'] ?? 10_000) * 0.03);
const seed = Number(process.env['CLAWFORCE_DIFFERENTIAL_SEED'] ?? Date.now() % 2 ** 31);
const batch = 300;

const pieces = fc.constantFrom(
  'a', 'B9', ' ', '  ', '\t', ' \t ', '\n', '\v', '\f', '\r', '"', "'", '""', "''", '"x y"', "'x  y'", '"\t"', "' '", '"\'"', "'\"'", '\\', '\\c', "'\\'", '\\_', '$', '${A}', '"${A}"', "'${A}'",
  '#', ' #', ' # ', '"#"', '=', ' k=v ', 'k=', '~', ' ~', '*', '{a,b}', '`', '!', ';', '&', '|', '<', '(', '-', ' -- ', ' -', ' -x', '--x=y', '/', '.', ':', '%', '+', ',', 'é', ' é', "'é'",
); // prettier-ignore
// A program that prints its words, in front of which settings may stand.
const texts = fc
  .tuple(
    fc.constantFrom(
      '',
      '',
      ' ',
      '\t',
      'A=1 ',
      'A=1  B=x/y:z ',
      ' k= ',
      '"A"=1 ',
      "A='1' ",
      "A=1'2' ",
      'A=# ',
    ),
    fc.constantFrom('printf', 'printf', 'printf', '"printf"', "pr'int'f", '/usr/bin/printf'),
    fc.constantFrom(' %s@@', '  %s@@', '\t%s@@', " '%s@@'", ' "%s@@"', '\n%s@@'),
    fc.array(pieces, { maxLength: 7 }),
  )
  .map(([settings, program, format, parts]) => `${settings}${program}${format} ${parts.join('')}`);

interface Accepted {
  readonly text: string;
  readonly settings: readonly string[];
  readonly words: readonly string[];
}

function accepted(): Accepted[] {
  const found = new Map<string, Accepted>();
  for (let round = 0; found.size < wanted; round++) {
    for (const text of fc.sample(texts, { numRuns: 2_000, seed: seed + round })) {
      const words = splitWords(text);
      if (!words) continue;
      const start = words.findIndex((word) => /printf$/.test(word));
      found.set(text, { text, settings: words.slice(0, start), words: words.slice(start + 2) });
    }
  }
  return [...found.values()].slice(0, wanted);
}

requires('linux', 'bash').test(
  'the words and settings that we read are those of env -S, for generated texts',
  () => {
    const cases = accepted();
    expect(cases.length).toBe(wanted);
    for (const sign of ['"', "'", '#', '\t', 'A=1', '--x=y', '$'])
      expect([sign, cases.some(({ text }) => text.includes(sign))]).toEqual([sign, true]);
    for (let at = 0; at < cases.length; at += batch) {
      const some = cases.slice(at, at + batch);
      const lines = some.map(({ text }) => {
        // What it sets is printed by another program behind the same text.
        const printed = text.slice(0, /[/"]?(?:usr\/bin\/)?pr/.exec(text)?.index ?? 0);
        return `/usr/bin/env -i -S ${quoteArgv([text])}; printf '\\001'; /usr/bin/env -i -S ${quoteArgv([`${printed} env`])}; printf '\\002'`;
      });
      const { stdout } = spawnSync('bash', ['-s'], {
        encoding: 'utf8',
        input: lines.join('\n'),
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
        maxBuffer: 2 ** 26,
      });
      const answers = stdout.split('\u0002').slice(0, -1);
      expect(answers.length).toBe(some.length);
      for (const [place, { text, words, settings }] of some.entries()) {
        const [printed = '', set = ''] = answers[place]?.split('\u0001') ?? [];
        // Without a word the format is printed once.
        const expected = words.length === 0 ? [''] : words;
        expect({ seed, text, words: printed.split('@@').slice(0, -1), settings: set.split('\n').slice(0, -1) }).toEqual({ seed, text, words: expected, settings }); // prettier-ignore
      }
    }
  },
  600_000,
);

it('leaves alone what env reads in ways of its own', () => {
  for (const text of [
    'a \\c b',
    "a 'b\\'",
    'a ${B}',
    'a "${B}"',
    'a #b',
    '#a',
    'a\nb',
    'a\vb',
    '',
    ' ',
    "a 'b",
  ])
    expect([text, splitWords(text)]).toEqual([text, undefined]);
  expect(splitWords('A=1  B=\tls\t -l \'a  b\' "#" ')).toEqual(['A=1', 'B=', 'ls', '-l', 'a  b', '#']);
});
