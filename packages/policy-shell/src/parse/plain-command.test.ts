import fc from 'fast-check';
import { parse } from 'unbash';
import { expect, it } from 'vitest';
import { quoteArgv } from '../quote-argv.js';
import { readPlainCommand } from './plain-command.js';

const words = fc.oneof(
  fc.constantFrom('if', 'then', 'time', 'function', 'select', 'coproc', 'do', 'in', 'ls', '2', '-', '--', '.', '..', ':', '@', '%1', '+x', 'a:~'),
  fc.stringMatching(/^[\w./:@%+,-]{1,8}$/),
  fc.stringMatching(/^-[\w./:@%+,=-]{0,8}$/),
  fc.stringMatching(/^'[\x20-\x7e]{0,8}'$/),
  fc.stringMatching(/^"[\x20-\x7e]{0,8}"$/),
); // prettier-ignore
const literal = new Set(['Literal', 'SingleQuoted', 'DoubleQuoted']);

it('gives the words that the parser gives, for every text it takes', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(words, { minLength: 1, maxLength: 6 }), (list) => {
      const text = list.join(' ');
      const command = readPlainCommand(text);
      if (!command) return;
      taken += 1;
      const script = parse(text);
      expect(script.errors ?? []).toEqual([]);
      expect(script.commands.length).toBe(1);
      const node = script.commands[0]?.command;
      if (node?.type !== 'Command') throw new Error(`the parser sees ${node?.type ?? 'nothing'}: ${text}`);
      expect([node.prefix, node.redirects]).toEqual([[], []]);
      const parsed = [node.name, ...node.args].map((word) => {
        if (word?.type !== 'Word') return word;
        for (const part of word.parts ?? []) {
          expect(literal).toContain(part.type);
          if (part.type === 'DoubleQuoted')
            expect(part.parts.every(({ type }) => type === 'Literal')).toBe(true);
        }
        return { value: word.value, span: [word.pos, word.end] };
      });
      expect(parsed).toEqual(command.words);
      expect(command.canonical).toBe(quoteArgv(command.words.map(({ value }) => value)));
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(1_000);
});

it.each([
  '',
  ' ls',
  'ls ',
  'ls  a',
  'ls\ta',
  'ls\n',
  'a=b ls',
  'ls ~',
  'ls *',
  "'ls' a",
  "ls 'a'b",
  "ls a'b'",
  "ls 'a",
  'ls "a$b"',
  'ls "a\\"',
  'ls "`id`"',
  'ls "a!"',
  'ls a=b',
  '-a=b',
  'ls -a=~',
  'ls é',
  // The low byte of these is a plain letter.
  'l\u0173',
  'ls -\u0173',
  "ls '\u0173'",
  'ls "\u0173"',
  "ls 'a\nb'",
  "ls 'a\u0000b'",
  'time ls',
  'if',
  'ls #a',
  'a!',
  'ls {a,b}',
  'ls ^a',
])('leaves to the parser: %j', (text) => expect(readPlainCommand(text)).toBeUndefined());
