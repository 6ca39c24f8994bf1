import { createHmac, type KeyObject } from 'node:crypto';
import { AuthError } from '../errors/auth-error.js';
import { nonEmptyString } from '../option-checks.js';
import {
  composeToken,
  issueToken,
  matchesDigest,
  parseToken,
  type IssuedToken,
  type ParsedToken,
} from './opaque-token.js';
import type { RefreshFamily, RefreshRecord, RefreshStore } from './refresh-store.js';

/** Limits of sessions and where their tokens are kept. */
export interface RefreshSettings {
  readonly store: RefreshStore;
  readonly keys: readonly KeyObject[];
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  readonly graceSeconds: number;
  readonly clock: () => number;
}

/** A refresh token for the client, and the session's limits. */
export interface IssuedRefresh {
  /** `cfr_…`; only its digest is stored. */
  readonly token: string;
  readonly sessionId: string;
  readonly userId: string;
  /** End of the idle limit: the token must be exchanged before. */
  readonly expiresAt: Date;
  /** End of the session. */
  readonly absoluteExpiresAt: Date;
  /** Whether this answer repeats one that was given before (within the grace, to the same client). */
  readonly repeated: boolean;
}

/** Gives the first refresh token of a session. */
export async function issueRefreshToken(
  settings: RefreshSettings,
  session: { readonly sessionId: string; readonly userId: string; readonly absoluteExpiresAt?: Date },
): Promise<IssuedRefresh> {
  const now = settings.clock();
  const family: RefreshFamily = {
    sessionId: nonEmptyString('sessionId', session.sessionId),
    userId: nonEmptyString('userId', session.userId),
    absoluteExpiresAt: session.absoluteExpiresAt ?? new Date(now + settings.absoluteSeconds * 1000),
    revokedAt: null,
  };
  const issued = issueToken('refresh');
  const record = recordOf(settings, issued, family, now);
  await settings.store.insert(record, family);
  return answer(issued, record, family, false);
}

/**
 * Exchanges a refresh token for its one successor (RFC 9700 section 4.14.2). A used token that comes back ends the session,
 * except within the grace and from the same client, which gets the same successor again: the successor is derived from
 * the token, the client and a server key, so nothing usable is stored for that.
 *
 * @throws AuthError `REFRESH_INVALID`, `REFRESH_EXPIRED`, `REFRESH_REVOKED` or `REFRESH_REUSED`.
 */
export async function rotateRefreshToken(
  settings: RefreshSettings,
  token: unknown,
  client: string,
): Promise<IssuedRefresh> {
  const parsed = parseToken(token, 'refresh');
  if (!parsed) throw new AuthError('REFRESH_INVALID');
  const found = await settings.store.find(parsed.lookup);
  if (!matchesDigest(parsed, found?.record.digest) || !found) throw new AuthError('REFRESH_INVALID');
  const { record, family } = found;
  const now = settings.clock();
  refuseEnded(family, now);
  if (record.usedAt === null) {
    if (record.expiresAt.getTime() <= now) throw new AuthError('REFRESH_EXPIRED', idsOf(family));
    const [key] = settings.keys;
    if (!key) throw new TypeError('keys must not be empty');
    const successor = deriveSuccessor(key, parsed, client);
    const next = recordOf(settings, successor, family, now);
    if (await settings.store.rotate(parsed.lookup, new Date(now), next))
      return answer(successor, next, family, false);
  }
  return repeatOrRevoke(settings, parsed, client);
}

/** Ends the session of a refresh token; gives its ids, or undefined when the token is not one of ours. */
export async function revokeByRefreshToken(
  settings: RefreshSettings,
  token: unknown,
): Promise<{ readonly sessionId: string; readonly userId: string } | undefined> {
  const parsed = parseToken(token, 'refresh');
  if (!parsed) return undefined;
  const found = await settings.store.find(parsed.lookup);
  if (!matchesDigest(parsed, found?.record.digest) || !found) return undefined;
  await settings.store.revokeFamily(found.family.sessionId, 'logout', new Date(settings.clock()));
  return idsOf(found.family);
}

async function repeatOrRevoke(
  settings: RefreshSettings,
  parsed: ParsedToken,
  client: string,
): Promise<IssuedRefresh> {
  const found = await settings.store.find(parsed.lookup);
  if (!found) throw new AuthError('REFRESH_INVALID');
  const { record, family } = found;
  const now = settings.clock();
  refuseEnded(family, now);
  if (record.usedAt !== null && now - record.usedAt.getTime() <= settings.graceSeconds * 1000) {
    // A key may have been added between the two calls, so each is tried.
    const successor = settings.keys
      .map((key) => deriveSuccessor(key, parsed, client))
      .find(({ lookup }) => lookup === record.successor);
    const next = successor && (await settings.store.find(successor.lookup));
    if (next && next.record.expiresAt.getTime() > now) return answer(successor, next.record, family, true);
  }
  await settings.store.revokeFamily(family.sessionId, 'reuse', new Date(now));
  throw new AuthError('REFRESH_REUSED', idsOf(family));
}

function refuseEnded(family: RefreshFamily, now: number): void {
  if (family.revokedAt !== null) throw new AuthError('REFRESH_REVOKED', idsOf(family));
  if (family.absoluteExpiresAt.getTime() <= now) throw new AuthError('REFRESH_EXPIRED', idsOf(family));
}

function deriveSuccessor(key: KeyObject, { lookup, secret }: ParsedToken, client: string): IssuedToken {
  const bytes = createHmac('sha512', key).update(`${lookup}\n${secret}\n${client}`).digest();
  return composeToken('refresh', bytes.subarray(32, 48), bytes.subarray(0, 32));
}

function recordOf(
  settings: RefreshSettings,
  issued: IssuedToken,
  family: RefreshFamily,
  now: number,
): RefreshRecord {
  const idleEnd = now + settings.idleSeconds * 1000;
  return {
    lookup: issued.lookup,
    sessionId: family.sessionId,
    digest: issued.digest,
    issuedAt: new Date(now),
    expiresAt: new Date(Math.min(idleEnd, family.absoluteExpiresAt.getTime())),
    usedAt: null,
    successor: null,
  };
}

function answer(
  { token }: IssuedToken,
  record: RefreshRecord,
  { sessionId, userId, absoluteExpiresAt }: RefreshFamily,
  repeated: boolean,
): IssuedRefresh {
  return { token, sessionId, userId, expiresAt: record.expiresAt, absoluteExpiresAt, repeated };
}

function idsOf({ sessionId, userId }: RefreshFamily): { sessionId: string; userId: string } {
  return { sessionId, userId };
}
