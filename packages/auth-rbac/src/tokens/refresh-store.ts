/** The session that a chain of refresh tokens belongs to: ending it ends them all. */
export interface RefreshFamily {
  /** The session's id. */
  readonly sessionId: string;
  readonly userId: string;
  /** When the session ends whatever happens. */
  readonly absoluteExpiresAt: Date;
  readonly revokedAt: Date | null;
}

/** One refresh token as stored. */
export interface RefreshRecord {
  /** Public half of the token; the primary key. */
  readonly lookup: string;
  readonly sessionId: string;
  /** Hex SHA-256 of the secret half. */
  readonly digest: string;
  readonly issuedAt: Date;
  /** End of the idle limit, never later than the absolute limit. */
  readonly expiresAt: Date;
  /** When it was exchanged, null while it is fresh. */
  readonly usedAt: Date | null;
  /** Lookup id of the token that replaced it. */
  readonly successor: string | null;
}

/** Where refresh tokens are kept. Every method is one transaction. */
export interface RefreshStore {
  /** Stores the first token of a family. A store that keeps sessions elsewhere ignores `family`. */
  insert(record: RefreshRecord, family: RefreshFamily): Promise<void>;
  /** Gives a token and the session it belongs to as they are now. */
  find(
    lookup: string,
  ): Promise<{ readonly record: RefreshRecord; readonly family: RefreshFamily } | undefined>;
  /**
   * Marks an unused token of a live family as used and stores its successor, both or nothing. True for exactly one of any
   * number of callers; false when the token is used or the family revoked. The successor's `expiresAt` is also the
   * session's new idle limit.
   */
  rotate(lookup: string, usedAt: Date, successor: RefreshRecord): Promise<boolean>;
  /** Ends the session. */
  revokeFamily(sessionId: string, reason: 'reuse' | 'logout', at: Date): Promise<void>;
}
