import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The resume secrets of one epoch: every welcome brings a new one, and the one before stays valid until the new one is
 * first used, so that a welcome lost on the wire locks nobody out. Only digests are kept.
 */
export class ResumeSecrets {
  #current: Buffer | undefined;
  #previous: Buffer | undefined;

  /** Gives a new secret; its digest replaces the current one. */
  issue(): string {
    const secret = randomBytes(32).toString('base64url');
    this.#previous = this.#current;
    this.#current = digest(secret);
    return secret;
  }

  /** Tells whether a secret is valid now; the first use of the newest one ends the one before. */
  accept(secret: string): boolean {
    const candidate = digest(secret);
    if (this.#current && timingSafeEqual(candidate, this.#current)) {
      this.#previous = undefined;
      return true;
    }
    return this.#previous !== undefined && timingSafeEqual(candidate, this.#previous);
  }

  /** Hex digest of the newest secret, for the database. */
  get currentDigest(): string | undefined {
    return this.#current?.toString('hex');
  }
}

// A fast hash is right for a secret of 256 random bits (research/reliability section 3).
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
