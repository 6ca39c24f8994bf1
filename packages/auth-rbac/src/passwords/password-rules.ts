import { AuthError } from '../errors/auth-error.js';

/** Fewest code points of a new password (the project's rule; ASVS 5.0 6.2.1 asks for 8 and recommends 15). */
export const PASSWORD_MIN_LENGTH = 12;
/** Most code points of a password (ASVS 5.0 6.2.9 wants at least 64). */
export const PASSWORD_MAX_LENGTH = 256;

/** What a new password is compared with. */
export interface PasswordContext {
  /** The account's name, in any spelling. */
  readonly username?: string;
  /** Refused passwords, in lower case and NFC: a list of leaked ones, words of the product. */
  readonly refused?: { has(password: string): boolean };
}

/**
 * Gives the NFC form of a new password when it obeys the rules: 12 to 256 code points, any Unicode, no composition rules
 * (ASVS 5.0 6.2.5), not the user name.
 *
 * @throws AuthError `PASSWORD_INVALID`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG` or `PASSWORD_GUESSABLE`.
 */
export function checkPassword(password: unknown, context: PasswordContext = {}): string {
  const normal = normalizePassword(password);
  const length = Array.from(normal).length;
  if (length < PASSWORD_MIN_LENGTH) throw new AuthError('PASSWORD_TOO_SHORT');
  if (length > PASSWORD_MAX_LENGTH) throw new AuthError('PASSWORD_TOO_LONG');
  const folded = normal.toLowerCase();
  const isName = context.username !== undefined && folded.normalize('NFKC') === fold(context.username);
  if (isName || context.refused?.has(folded) === true) throw new AuthError('PASSWORD_GUESSABLE');
  return normal;
}

const fold = (text: string): string => text.normalize('NFKC').trim().toLowerCase();

/**
 * Gives the NFC form of a password, whatever its length up to a bound that no accepted password reaches.
 *
 * @throws AuthError `PASSWORD_INVALID` for other types and unpaired surrogates (two of those would hash alike), and
 * `PASSWORD_TOO_LONG` beyond the bound, so that nobody makes the server normalise megabytes.
 */
export function normalizePassword(password: unknown): string {
  if (typeof password !== 'string') throw new AuthError('PASSWORD_INVALID');
  if (password.length > PASSWORD_MAX_LENGTH * 8) throw new AuthError('PASSWORD_TOO_LONG');
  if (/\p{Surrogate}/u.test(password)) throw new AuthError('PASSWORD_INVALID');
  return password.normalize('NFC');
}
