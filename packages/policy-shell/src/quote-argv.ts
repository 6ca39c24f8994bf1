import { characterSet, isMadeOf } from './parse/character-set.js';

const plain = characterSet(/[\w@%+:,./=-]/);
const equals = 0x3d;

/** Gives the words as one line that a POSIX shell reads back as exactly these words. */
export function quoteArgv(argv: readonly string[]): string {
  let line = '';
  for (let at = 0; at < argv.length; at++) line += (at > 0 ? ' ' : '') + quoteWord(argv[at] ?? '', at === 0);
  return line;
}

/** Gives a word with quotes where a shell needs them; in the place of a program it must not read as an assignment. */
export function quoteWord(word: string, program = false): string {
  if (
    word !== '' &&
    isMadeOf(word, plain) &&
    word.charCodeAt(0) !== equals &&
    !(program && word.includes('='))
  )
    return word;
  return `'${word.includes("'") ? word.replaceAll("'", "'\\''") : word}'`;
}
