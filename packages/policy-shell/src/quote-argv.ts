/** Gives the words as one line that a POSIX shell reads back as exactly these words. */
export function quoteArgv(argv: readonly string[]): string {
  return argv
    .map((word) =>
      /^[\w@%+:,./=-]+$/.test(word) && !word.startsWith('=') ? word : `'${word.replaceAll("'", "'\\''")}'`,
    )
    .join(' ');
}
