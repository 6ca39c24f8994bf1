import { readPlainCommand } from './plain-command.js';

/**
 * Gives the words that `env -S` makes of a text, or `undefined` where it does not read it as a shell would. Its escapes, which count
 * inside single quotes too, and its variables are not read.
 */
export function splitWords(text: string): readonly string[] | undefined {
  if (text.includes('\\')) return undefined;
  const words: string[] = [];
  let rest = text.replace(/("[^"]*"|'[^']*')|[ \t]+/g, (_, quoted?: string) => quoted ?? ' ').trim();
  for (;;) {
    const setting = /^\w+=[\w./:@%+,-]*(?: |$)/.exec(rest)?.[0];
    if (setting === undefined) break;
    words.push(setting.trimEnd());
    rest = rest.slice(setting.length);
  }
  if (rest === '') return words.length > 0 ? words : undefined;
  const plain = readPlainCommand(rest);
  return plain && [...words, ...plain.words.map(({ value }) => value)];
}
