import { createHash, randomBytes } from 'node:crypto';
import type { AuditTrail } from '../audit/audit-trail.js';
import { BoundedAudit } from '../audit/bounded-audit.js';
import { ApiError } from '../errors/api-error.js';
import type { Storage } from '../storage/storage.js';
import type { UserRecord } from '../storage/users/user-store.js';
import { addressKey, type PasswordHasher } from './auth-parts.js';
import { authEvent } from './auth-event.js';

/** Life of the one-time link in milliseconds. */
export const SETUP_LINK_MS = 15 * 60 * 1000;

/** The one-time link with which the first superadmin sets a password. */
export class SetupLinks {
  readonly #storage: Storage;
  readonly #hasher: PasswordHasher;
  readonly #audit: AuditTrail;
  readonly #guesses: BoundedAudit;
  readonly #now: () => Date;

  constructor(parts: {
    readonly storage: Storage;
    readonly hasher: PasswordHasher;
    readonly audit: AuditTrail;
    readonly now?: () => Date;
  }) {
    this.#storage = parts.storage;
    this.#hasher = parts.hasher;
    this.#audit = parts.audit;
    this.#guesses = new BoundedAudit(parts.audit);
    this.#now = parts.now ?? (() => new Date());
  }

  /** Sets the first password with the one-time link and gives the account's name. @throws ApiError SETUP_LINK_INVALID */
  async claim(
    token: string,
    password: string,
    { ip }: { readonly ip: string },
  ): Promise<{ username: string }> {
    const digest = digestOf(token);
    // Asked before the hash is computed: a guess costs nothing.
    if (!(await this.#storage.setup.valid(digest))) {
      const guess = authEvent('claim', null, ip, false, 'link unknown, used or expired', this.#now());
      await this.#guesses.record(addressKey(ip), guess);
      throw new ApiError('SETUP_LINK_INVALID', 'The one-time link is unknown, used or expired.', {
        fix: 'Restart the server: it prints a new one while no password is set.',
      });
    }
    const user = await this.firstUser();
    const hash = await this.#hasher.hash(password, { username: user?.username ?? 'admin' });
    return this.#storage.transaction(async (tx) => {
      const claimed = await tx.setup.consume(digest);
      const owner = claimed ? await tx.users.get(claimed.userId) : undefined;
      if (!owner || owner.passwordHash !== null)
        throw new ApiError('SETUP_LINK_INVALID', 'The one-time link was used already.');
      await tx.users.update(owner.id, { passwordHash: hash });
      await this.#audit.record(authEvent('claim', owner.id, ip, true, 'first password set', this.#now()), tx);
      return { username: owner.displayName };
    });
  }

  /** Makes a new one-time link for an account without a password; earlier links end. Gives its token. */
  async issue(userId: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.#storage.setup.issue({
      digest: digestOf(token),
      userId,
      expiresAt: new Date(this.#now().getTime() + SETUP_LINK_MS),
    });
    return token;
  }

  /** The oldest superadmin. */
  firstUser(): Promise<UserRecord | undefined> {
    return this.#storage.users.oldest('superadmin');
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
