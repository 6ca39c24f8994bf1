/** One sign-in of a user. */
export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** Last time the password was given; raising a level needs it within 5 minutes. */
  readonly reauthenticatedAt: Date | null;
  readonly idleExpiresAt: Date;
  readonly absoluteExpiresAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedReason: string | null;
}

/** What opens a session. */
export interface NewSession {
  /** Random unless given. */
  readonly id?: string;
  readonly userId: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly idleExpiresAt: Date;
  readonly absoluteExpiresAt: Date;
}

/** Sign-ins of users. */
export interface SessionStore {
  create(session: NewSession): Promise<SessionRecord>;
  get(id: string): Promise<SessionRecord | undefined>;
  /** Live sessions of a user, latest use first; at most 200. */
  listLive(userId: string): Promise<readonly SessionRecord[]>;
  /** Notes that the password was given; false when the session is not live. */
  reauthenticated(id: string): Promise<boolean>;
  /** Revokes a session; false when unknown or revoked already. */
  revoke(id: string, reason: string): Promise<boolean>;
  /** Revokes every live session of a user but the named one; gives their ids, so that open sockets can be dropped. */
  revokeAll(userId: string, reason: string, except?: string): Promise<readonly string[]>;
  /** Removes sessions (with their refresh tokens and tickets) that ended before the time. */
  purge(before: Date): Promise<number>;
}

/** Whether a session may still be used at this time. */
export function isSessionLive(session: SessionRecord, now: Date): boolean {
  return session.revokedAt === null && session.idleExpiresAt > now && session.absoluteExpiresAt > now;
}
