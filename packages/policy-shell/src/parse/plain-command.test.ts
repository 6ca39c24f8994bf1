import fc from 'fast-check';
import { parse } from 'unbash';
import { expect, it } from 'vitest';
import { quoteArgv } from '../quote-argv.js';
import { readPlainCommand } from './plain-command.js';

const words = fc.oneof(
  fc.constantFrom('if', 'then', 'time', 'function', 'select', 'coproc', 'do', 'in', 'ls', '2', '-', '--', '.', '..', ':', '@', '%1', '+x', 'a:~'),
  fc.stringMatching(/^[\w./:@%+,-]{1,8}$/),
); // prettier-ignore

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
      const parsed = [node.name, ...node.args].map((word) =>
        word?.type === 'Word' ? { value: word.value, span: [word.pos, word.end], parts: word.parts } : word,
      );
      expect(parsed).toEqual(command.words.map((word) => ({ ...word, parts: undefined })));
      expect(command.canonical).toBe(quoteArgv(command.words.map(({ value }) => value)));
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(3_000);
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
  "ls 'a'",
  'ls é',
  'time ls',
  'if',
  'ls #a',
  'a!',
  'ls {a,b}',
  'ls ^a',
])('leaves to the parser: %j', (text) => expect(readPlainCommand(text)).toBeUndefined());
