import { AuthError } from '../errors/auth-error.js';

const SHAPE = /^[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?$/;

/**
 * Gives the form of a user name that is stored and looked up: NFKC, trimmed, lower case; so `Admin`, `ADMIN` and the
 * full-width spelling are one name. Letters of other scripts are refused, so no two names look alike.
 *
 * @throws AuthError `USERNAME_INVALID` unless it is 1 to 64 of a-z, 0-9 and `. _ @ + -` with a letter or digit at both ends.
 */
export function normalizeUsername(name: unknown): string {
  if (typeof name !== 'string' || name.length > 256) throw new AuthError('USERNAME_INVALID');
  const normal = name.normalize('NFKC').trim().toLowerCase();
  if (!SHAPE.test(normal)) throw new AuthError('USERNAME_INVALID');
  return normal;
}
