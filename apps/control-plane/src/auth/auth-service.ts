import type { AuthEvent } from '@clawforce/audit-log';
import {
  addressKey,
  AuthError,
  type AccessClaims,
  type LoginLimiter,
  type PasswordHasher,
  type TokenService,
} from './auth-parts.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import { BoundedAudit } from '../audit/bounded-audit.js';
import { ApiError } from '../errors/api-error.js';
import type { Caller } from '../http/route.js';
import { isSessionLive, type SessionRecord } from '../storage/sessions/session-store.js';
import type { Storage, Stores } from '../storage/storage.js';
import type { UserRecord } from '../storage/users/user-store.js';
import { authEvent } from './auth-event.js';
import type { SessionEndings } from './session-ends.js';

/** Where a request comes from. */
export interface ClientInfo {
  readonly ip: string;
  readonly userAgent: string;
}

/** What a sign-in or refresh gives. */
export interface SignedIn {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
  readonly userId: string;
}

/** Parts of the service. */
export interface AuthServiceParts {
  readonly storage: Storage;
  readonly tokens: TokenService;
  readonly hasher: PasswordHasher;
  readonly limiter: LoginLimiter;
  readonly audit: AuditTrail;
  readonly endings: SessionEndings;
  readonly now?: () => Date;
}

const REAUTHENTICATION_MS = 5 * 60 * 1000;

/** Signs people in and out. Roles and disabled flags are read from the database at every request. */
export class AuthService {
  readonly #parts: AuthServiceParts;
  readonly #now: () => Date;
  readonly #limited: BoundedAudit;
  // Apart from each other, so that no flood of made-up tokens hides that a stolen one was shown.
  readonly #unknownTokens: BoundedAudit;
  readonly #knownTokens: BoundedAudit;

  constructor(parts: AuthServiceParts) {
    this.#parts = parts;
    this.#limited = new BoundedAudit(parts.audit);
    this.#unknownTokens = new BoundedAudit(parts.audit);
    this.#knownTokens = new BoundedAudit(parts.audit);
    this.#now = parts.now ?? (() => new Date());
  }

  /** Signs in by name and password. Unknown names cost as much time as wrong passwords. @throws ApiError, AuthError */
  async login(username: string, password: string, client: ClientInfo): Promise<SignedIn> {
    const { storage, hasher, limiter, audit } = this.#parts;
    const attempt = { ip: client.ip, username };
    await this.#admit(attempt);
    const user = await findUser(storage, username);
    const valid =
      user !== undefined && user.passwordHash !== null && !user.disabled
        ? await hasher.verify(user.passwordHash, password)
        : await hasher.verifyDummy(password);
    if (!user || !valid) {
      await limiter.fail(attempt);
      await audit.record(this.#event('login', user?.id ?? null, client.ip, false, 'wrong name or password'));
      throw new ApiError('CREDENTIALS_INVALID', 'The name or the password is wrong.');
    }
    await limiter.succeed(attempt);
    await this.#rehash(user, password);
    return this.#openSession(user, client, 'login');
  }

  /** Exchanges a refresh token. @throws AuthError */
  async refresh(token: string, client: ClientInfo): Promise<SignedIn> {
    const { storage, tokens, endings } = this.#parts;
    try {
      const rotated = await tokens.rotateRefresh(token, { client: client.userAgent });
      const user = await storage.users.get(rotated.userId);
      const session = await storage.sessions.get(rotated.sessionId);
      if (!user || user.disabled || !session || !isSessionLive(session, this.#now()))
        throw new AuthError('REFRESH_REVOKED');
      const access = tokens.issueAccess({ userId: user.id, sessionId: session.id, role: user.role });
      return {
        accessToken: access.token,
        expiresIn: access.expiresInSeconds,
        refreshToken: rotated.token,
        refreshExpiresAt: rotated.expiresAt,
        userId: user.id,
      };
    } catch (error) {
      if (error instanceof AuthError) {
        if (error.code === 'REFRESH_REUSED' && error.sessionId) endings.end([error.sessionId]);
        const event = this.#event('refresh', error.userId ?? null, client.ip, false, error.code);
        await (error.userId === undefined
          ? this.#unknownTokens.record(addressKey(client.ip), event)
          : this.#knownTokens.record(error.userId, event));
      }
      throw error;
    }
  }

  /** Ends the session of a refresh token or of the caller. */
  async logout(
    by: { readonly refreshToken?: string; readonly caller?: Caller },
    client: ClientInfo,
  ): Promise<void> {
    const { storage, tokens, audit, endings } = this.#parts;
    const revoked = by.refreshToken === undefined ? undefined : await tokens.revokeRefresh(by.refreshToken);
    const sessionId = revoked?.sessionId ?? by.caller?.sessionId;
    const userId = revoked?.userId ?? by.caller?.userId;
    if (!sessionId || !userId) return;
    await storage.sessions.revoke(sessionId, 'logout');
    await audit.record(this.#event('logout', userId, client.ip, true, ''));
    endings.end([sessionId]);
  }

  /** The role of a session's user as the database has it; undefined when the session or the user is over. */
  async roleOf(sessionId: string): Promise<UserRecord['role'] | undefined> {
    const { storage } = this.#parts;
    const session = await storage.sessions.get(sessionId);
    if (!session || !isSessionLive(session, this.#now())) return undefined;
    const user = await storage.users.get(session.userId);
    return user && !user.disabled ? user.role : undefined;
  }

  /** Gives the caller behind the claims of a verified access token, as the database knows it now. @throws AuthError */
  async caller(claims: AccessClaims, client: ClientInfo): Promise<Caller> {
    const { storage } = this.#parts;
    const session = await storage.sessions.get(claims.sessionId);
    if (!session || session.userId !== claims.userId || !isSessionLive(session, this.#now()))
      throw new AuthError('UNAUTHENTICATED');
    const user = await storage.users.get(claims.userId);
    if (!user || user.disabled) throw new AuthError('UNAUTHENTICATED');
    return {
      userId: user.id,
      username: user.displayName,
      role: user.role,
      sessionId: session.id,
      expiresAt: claims.expiresAt,
      ...client,
    };
  }

  /** Checks access tokens, for the strategy of passport-jwt. */
  get tokens(): TokenService {
    return this.#parts.tokens;
  }

  /** Changes the caller's own password; every other session ends. Gives how many. */
  async changePassword(caller: Caller, current: string, next: string): Promise<number> {
    const { storage, hasher, limiter, audit, endings } = this.#parts;
    const attempt = { ip: caller.ip, username: caller.username };
    await this.#admit(attempt);
    const user = await storage.users.get(caller.userId);
    if (!user?.passwordHash || !(await hasher.verify(user.passwordHash, current))) {
      await limiter.fail(attempt);
      await audit.record(
        this.#event('password_change', caller.userId, caller.ip, false, 'wrong current password'),
      );
      throw new ApiError('CREDENTIALS_INVALID', 'The current password is wrong.');
    }
    await limiter.succeed(attempt);
    const hash = await hasher.hash(next, { username: user.username });
    const ended = await storage.transaction(async (tx) => {
      await tx.users.update(user.id, { passwordHash: hash });
      const ids = await tx.sessions.revokeAll(user.id, 'password_change', caller.sessionId);
      await audit.record(
        this.#event('password_change', user.id, caller.ip, true, `${ids.length} other sessions ended`),
        tx,
      );
      return ids;
    });
    endings.end(ended);
    return ended.length;
  }

  /** Takes the caller's password again, for five minutes of changes that loosen safety. */
  async reauthenticate(caller: Caller, password: string): Promise<void> {
    const { storage, hasher, limiter, audit } = this.#parts;
    const attempt = { ip: caller.ip, username: caller.username };
    await this.#admit(attempt);
    const user = await storage.users.get(caller.userId);
    const valid = user?.passwordHash ? await hasher.verify(user.passwordHash, password) : false;
    await (valid ? limiter.succeed(attempt) : limiter.fail(attempt));
    await audit.record(this.#event('reauthenticate', caller.userId, caller.ip, valid, ''));
    if (!valid || !caller.sessionId) throw new ApiError('CREDENTIALS_INVALID', 'The password is wrong.');
    await storage.sessions.reauthenticated(caller.sessionId);
  }

  /** Whether the caller's password was given within the last five minutes; the operating-system user needs none. */
  async isFresh(caller: Caller): Promise<boolean> {
    return caller.sessionId === undefined || (await this.freshUntil(caller)) !== undefined;
  }

  /** Until when the caller's password counts as given; undefined when it has to be given again. */
  async freshUntil(caller: Caller): Promise<Date | undefined> {
    if (caller.sessionId === undefined) return undefined;
    const session = await this.#parts.storage.sessions.get(caller.sessionId);
    const at = session?.reauthenticatedAt ?? session?.createdAt;
    const until = at && new Date(at.getTime() + REAUTHENTICATION_MS);
    return until && until >= this.#now() ? until : undefined;
  }

  /** The caller's live sessions. */
  sessions(caller: Caller): Promise<readonly SessionRecord[]> {
    return this.#parts.storage.sessions.listLive(caller.userId);
  }

  /** Ends one of the caller's sessions, or all but the present one. Gives how many. */
  async endSessions(caller: Caller, sessionId?: string): Promise<number> {
    const { storage, audit, endings } = this.#parts;
    let ended: readonly string[];
    if (sessionId === undefined)
      ended = await storage.sessions.revokeAll(caller.userId, 'revoked', caller.sessionId);
    else {
      const session = await storage.sessions.get(sessionId);
      if (session?.userId !== caller.userId) throw new ApiError('NOT_FOUND', 'There is no such session.');
      ended = (await storage.sessions.revoke(sessionId, 'revoked')) ? [sessionId] : [];
    }
    await audit.record(
      this.#event('session_revoke', caller.userId, caller.ip, true, `${ended.length} sessions ended`),
    );
    endings.end(ended);
    return ended.length;
  }

  /** Gives a single-use ticket for the `/ui` socket. @throws ApiError on the admin socket */
  async streamToken(caller: Caller): Promise<{ token: string; expiresAt: Date }> {
    if (caller.sessionId === undefined)
      throw new ApiError('BAD_REQUEST', 'Tickets are for signed-in browsers.');
    return this.#parts.tokens.issueTicket({
      userId: caller.userId,
      sessionId: caller.sessionId,
      purpose: 'ui',
    });
  }

  /** Gives the caller behind a ticket of the `/ui` socket. @throws AuthError */
  async redeemStreamToken(token: string, client: ClientInfo): Promise<Caller> {
    const { storage, tokens } = this.#parts;
    const subject = await tokens.redeemTicket(token, 'ui');
    const session = await storage.sessions.get(subject.sessionId);
    const user = await storage.users.get(subject.userId);
    if (!session || !isSessionLive(session, this.#now()) || !user || user.disabled)
      throw new AuthError('TICKET_INVALID');
    return { userId: user.id, username: user.displayName, role: user.role, sessionId: session.id, ...client };
  }

  /** Sets a password for somebody else (command line); all of that user's sessions end. Gives how many. */
  async setPassword(user: UserRecord, password: string, actor: string, event: string): Promise<number> {
    const { storage, hasher, audit, endings } = this.#parts;
    const hash = await hasher.hash(password, { username: user.username });
    const ended = await storage.transaction(async (tx) => {
      await tx.users.update(user.id, { passwordHash: hash });
      await tx.setup.clear();
      const ids = await tx.sessions.revokeAll(user.id, event);
      await audit.record(
        this.#event(event, user.id, 'local', true, `by ${actor}, ${ids.length} sessions ended`),
        tx,
      );
      return ids;
    });
    endings.end(ended);
    return ended.length;
  }

  /** Creates a user (command line only). */
  async createUser(
    username: string,
    role: UserRecord['role'],
    password: string | null,
    actor: string,
  ): Promise<UserRecord> {
    const { storage, hasher, audit } = this.#parts;
    const passwordHash = password === null ? null : await hasher.hash(password, { username });
    return storage.transaction(async (tx) => {
      const user = await tx.users.create({ username, role, passwordHash });
      await audit.record(this.#event('user_create', user.id, 'local', true, `${role}, by ${actor}`), tx);
      return user;
    });
  }

  async #openSession(user: UserRecord, client: ClientInfo, event: string): Promise<SignedIn> {
    const { storage, tokens, audit } = this.#parts;
    const limits = tokens.sessionLimits();
    const session = await storage.transaction(async (tx: Stores) => {
      const opened = await tx.sessions.create({
        userId: user.id,
        ip: client.ip,
        userAgent: client.userAgent.slice(0, 300),
        ...limits,
      });
      await tx.users.update(user.id, { lastLoginAt: this.#now() });
      await audit.record(this.#event(event, user.id, client.ip, true, ''), tx);
      return opened;
    });
    const refresh = await tokens.issueRefresh({
      sessionId: session.id,
      userId: user.id,
      absoluteExpiresAt: session.absoluteExpiresAt,
    });
    const access = tokens.issueAccess({ userId: user.id, sessionId: session.id, role: user.role });
    return {
      accessToken: access.token,
      expiresIn: access.expiresInSeconds,
      refreshToken: refresh.token,
      refreshExpiresAt: refresh.expiresAt,
      userId: user.id,
    };
  }

  /** Stores the password under the present costs; a full queue leaves that to the next sign-in. */
  async #rehash(user: UserRecord, password: string): Promise<void> {
    const { storage, hasher } = this.#parts;
    const current = user.passwordHash ?? '';
    if (!hasher.needsRehash(current)) return;
    try {
      await storage.users.rehash(user.id, current, await hasher.rehash(password));
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
    }
  }

  async #admit(attempt: { ip: string; username: string }): Promise<void> {
    const admission = await this.#parts.limiter.check(attempt);
    if (admission.allowed) return;
    await this.#limited.record(
      addressKey(attempt.ip),
      this.#event('login', null, attempt.ip, false, `limited by ${admission.limit ?? 'address'}`),
    );
    throw new ApiError('TOO_MANY_ATTEMPTS', 'Too many attempts; wait before the next one.', {
      retryAfterSeconds: admission.retryAfterSeconds,
    });
  }

  #event(event: string, userId: string | null, ip: string, success: boolean, detail: string): AuthEvent {
    return authEvent(event, userId, ip, success, detail, this.#now());
  }
}

async function findUser(storage: Storage, username: string): Promise<UserRecord | undefined> {
  try {
    return await storage.users.findByUsername(username);
  } catch (error) {
    // A text that can be no name belongs to nobody.
    if (error instanceof TypeError || error instanceof AuthError) return undefined;
    throw error;
  }
}
