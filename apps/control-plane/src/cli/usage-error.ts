/** The command line is wrong: ends with exit code 64 and this sentence, with `--json` as an error of code `USAGE`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
