/** join: single use, one start. resume: one per epoch. token: for workers run by hand. */
export type CredentialKind = 'join' | 'resume' | 'token';

/** A worker credential as stored: never the secret, only its digest. */
export interface CredentialRecord {
  /** Lookup id, the public part of the credential. */
  readonly id: string;
  readonly agentId: string;
  readonly kind: CredentialKind;
  readonly digest: string;
  readonly epoch: number | null;
  readonly generation: number | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly usedAt: Date | null;
  readonly supersededAt: Date | null;
}

/** What issues a credential. */
export interface NewCredential {
  readonly id: string;
  readonly agentId: string;
  readonly kind: CredentialKind;
  readonly digest: string;
  readonly epoch?: number;
  readonly generation?: number;
  readonly expiresAt?: Date;
}

/** Credentials of workers. */
export interface CredentialStore {
  /** A new join or token credential supersedes the agent's earlier ones of its kind; a resume credential does not, see `activate`. Throws `CONFLICT` for a known id. */
  issue(credential: NewCredential): Promise<CredentialRecord>;
  /** Gives the record whatever its state; check with `isLive`. */
  find(id: string): Promise<CredentialRecord | undefined>;
  /** Uses a credential up: true for exactly one caller, and only while it is unused, not superseded and not expired. */
  consume(id: string): Promise<boolean>;
  /**
   * First use of a credential that stays valid: marks it and supersedes every other one of its kind (ARCHITECTURE section
   * 5: the previous resume secret is valid until the new one is first used). False when superseded or expired.
   */
  activate(id: string): Promise<boolean>;
  /** Supersedes the agent's credentials of the kinds, all kinds when absent; gives how many. */
  revoke(agentId: string, kinds?: readonly CredentialKind[]): Promise<number>;
  /** Live and past credentials, newest first, at most 200. */
  listFor(agentId: string): Promise<readonly CredentialRecord[]>;
  /** Removes records that have been superseded or expired since before the time. */
  purge(before: Date): Promise<number>;
}

/** Whether a credential may still be presented at this time. */
export function isLive(credential: CredentialRecord, now: Date): boolean {
  if (credential.supersededAt !== null) return false;
  if (credential.expiresAt !== null && credential.expiresAt <= now) return false;
  return credential.kind !== 'join' || credential.usedAt === null;
}
