import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Digests of an epoch's resume secrets, in hex, as an earlier control plane stored them. */
export interface StoredResumeSecrets {
  readonly newest?: string | undefined;
  readonly proven?: string | undefined;
}

/**
 * The resume secrets of one epoch: every welcome brings a new one, and the last one that was used stays valid until a
 * newer one is first used. However many welcomes get lost on the wire in a row, nobody is locked out. Only digests are
 * kept.
 */
export class ResumeSecrets {
  readonly #onProven: (digest: string) => void;
  #newest: Buffer | undefined;
  #proven: Buffer | undefined;

  /** `onProven` hears the hex digest of a secret at its first use, which ends every other one. */
  constructor(onProven: (digest: string) => void = () => undefined, stored: StoredResumeSecrets = {}) {
    this.#onProven = onProven;
    if (stored.newest !== undefined) this.#newest = Buffer.from(stored.newest, 'hex');
    if (stored.proven !== undefined) this.#proven = Buffer.from(stored.proven, 'hex');
  }

  /** Gives a new secret; a newest one that was never used ends here. */
  issue(): string {
    const secret = randomBytes(32).toString('base64url');
    this.#newest = digest(secret);
    return secret;
  }

  /** Tells whether a secret is valid now; the first use of the newest one ends the one before. */
  accept(secret: string): boolean {
    const candidate = digest(secret);
    if (equal(candidate, this.#newest)) {
      if (!equal(candidate, this.#proven)) this.#onProven(candidate.toString('hex'));
      this.#proven = this.#newest;
      return true;
    }
    return equal(candidate, this.#proven);
  }

  /** Hex digest of the newest secret, for the database. */
  get currentDigest(): string | undefined {
    return this.#newest?.toString('hex');
  }
}

function equal(candidate: Buffer, known: Buffer | undefined): boolean {
  return known?.length === candidate.length && timingSafeEqual(candidate, known);
}

// A fast hash is right for a secret of 256 random bits (research/reliability section 3).
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
