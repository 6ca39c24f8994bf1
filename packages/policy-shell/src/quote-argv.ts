/** Gives the words as one line that a POSIX shell reads back as exactly these words. */
export function quoteArgv(argv: readonly string[]): string {
  return argv
    .map((word, index) => {
      // A first word with `=` would be an assignment.
      const plain = /^[\w@%+:,./-][\w@%+:,./=-]*$/.test(word) && !(index === 0 && word.includes('='));
      return plain ? word : `'${word.replaceAll("'", "'\\''")}'`;
    })
    .join(' ');
}
