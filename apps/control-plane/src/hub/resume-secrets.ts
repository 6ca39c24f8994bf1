import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The resume secrets of one epoch: every welcome brings a new one, and the last one that was used stays valid until a
 * newer one is first used. However many welcomes get lost on the wire in a row, nobody is locked out. Only digests are
 * kept.
 */
export class ResumeSecrets {
  #newest: Buffer | undefined;
  #proven: Buffer | undefined;

  /** Gives a new secret; a newest one that was never used ends here. */
  issue(): string {
    const secret = randomBytes(32).toString('base64url');
    this.#newest = digest(secret);
    return secret;
  }

  /** Tells whether a secret is valid now; the first use of the newest one ends the one before. */
  accept(secret: string): boolean {
    const candidate = digest(secret);
    if (this.#newest && timingSafeEqual(candidate, this.#newest)) {
      this.#proven = this.#newest;
      return true;
    }
    return this.#proven !== undefined && timingSafeEqual(candidate, this.#proven);
  }

  /** Hex digest of the newest secret, for the database. */
  get currentDigest(): string | undefined {
    return this.#newest?.toString('hex');
  }
}

// A fast hash is right for a secret of 256 random bits (research/reliability section 3).
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
