/** The command line is wrong: ends with exit code 64, the help of the verb and this sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
