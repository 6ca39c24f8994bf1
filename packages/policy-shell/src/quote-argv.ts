/** Gives the words as one line that a POSIX shell reads back as exactly these words. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map((word, index) => quoteWord(word, index === 0)).join(' ');
}

/** Gives a word with quotes where a shell needs them; in the place of a program it must not read as an assignment. */
export function quoteWord(word: string, program = false): string {
  const plain = /^[\w@%+:,./-][\w@%+:,./=-]*$/.test(word) && !(program && word.includes('='));
  return plain ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
