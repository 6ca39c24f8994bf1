import type { KeyObject } from 'node:crypto';
import { knownOptions, nonEmptyString, wholeNumber } from '../option-checks.js';
import {
  ACCESS_TTL_MAX_SECONDS,
  issueAccessToken,
  keyForHeader,
  verifyAccessToken,
  type AccessClaims,
  type AccessSettings,
  type AccessSubject,
  type IssuedAccess,
} from './access-token.js';
import {
  issueRefreshToken,
  revokeByRefreshToken,
  rotateRefreshToken,
  type IssuedRefresh,
} from './refresh-families.js';
import type { RefreshStore } from './refresh-store.js';
import { createKeyRing, type SigningKey } from './signing-keys.js';
import { issueTicket, redeemTicket, TICKET_TTL_MAX_SECONDS, type TicketSubject } from './tickets.js';
import type { TicketStore } from './ticket-store.js';

/** Options of {@link createTokenService}. */
export interface TokenServiceOptions {
  /** The first signs, all verify. To rotate, put the new one first and drop the old one after 15 minutes. */
  readonly keys: readonly SigningKey[];
  /** `iss` of every token, compared exactly. */
  readonly issuer: string;
  /** `aud` of every token, compared exactly. */
  readonly audience: string;
  /** Life of an access token; 900 by default and at most. */
  readonly accessTtlSeconds?: number;
  /** Life of a ticket; 30 by default and at most. */
  readonly ticketTtlSeconds?: number;
  /** A session ends when it is not refreshed for so long; 24 h by default. */
  readonly refreshIdleSeconds?: number;
  /** A session ends so long after sign-in; 7 days by default. */
  readonly refreshAbsoluteSeconds?: number;
  /** For so long a used refresh token gives its same successor again; 10 by default, at most 60, 0 for never. */
  readonly refreshGraceSeconds?: number;
  /** Needed by the refresh methods. */
  readonly refreshStore?: RefreshStore;
  /** Needed by the ticket methods. */
  readonly ticketStore?: TicketStore;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly clock?: () => number;
}

/** Issues and checks access tokens, refresh tokens and tickets. */
export interface TokenService {
  readonly issuer: string;
  readonly audience: string;
  /** Gives a signed access token. */
  issueAccess(subject: AccessSubject): IssuedAccess;
  /** Gives what an access token says; throws AuthError `TOKEN_…`. Asks no store: check the session and load the role too. */
  verifyAccess(token: unknown): AccessClaims;
  /** Gives the key that an access token's header names; throws AuthError. For libraries that verify by themselves. */
  keyFor(token: string): KeyObject;
  /** Gives the limits of a session that opens now, for the row that the application keeps. */
  sessionLimits(): { readonly idleExpiresAt: Date; readonly absoluteExpiresAt: Date };
  /** Gives the first refresh token of a session. */
  issueRefresh(session: {
    readonly sessionId: string;
    readonly userId: string;
    readonly absoluteExpiresAt?: Date;
  }): Promise<IssuedRefresh>;
  /**
   * Exchanges a refresh token for its successor; throws AuthError `REFRESH_…`. `client` names who asks (for example the user
   * agent): within the grace only the same client gets the same successor again. Do not call it inside a transaction that a
   * throw rolls back: the end of a session after `REFRESH_REUSED` would be undone.
   */
  rotateRefresh(token: unknown, options?: { readonly client?: string }): Promise<IssuedRefresh>;
  /** Ends the session of a refresh token; gives its ids, or undefined for a token that is not known. */
  revokeRefresh(token: unknown): Promise<{ readonly sessionId: string; readonly userId: string } | undefined>;
  /** Gives a single-use ticket. */
  issueTicket(subject: TicketSubject): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** Uses a ticket up; throws AuthError `TICKET_INVALID`. */
  redeemTicket(token: unknown, purpose: string): Promise<TicketSubject>;
}

const NAMES = [
  'keys',
  'issuer',
  'audience',
  'accessTtlSeconds',
  'ticketTtlSeconds',
  'refreshIdleSeconds',
  'refreshAbsoluteSeconds',
  'refreshGraceSeconds',
  'refreshStore',
  'ticketStore',
  'clock',
];
const DAY = 24 * 60 * 60;

/**
 * Gives the token service of one issuer and audience.
 *
 * @throws TypeError that names the option which is missing, unknown or out of range.
 */
export function createTokenService(options: TokenServiceOptions): TokenService {
  knownOptions('createTokenService', options, NAMES);
  const clock = options.clock ?? Date.now;
  const ring = createKeyRing(options.keys);
  const access: AccessSettings = {
    ring,
    issuer: nonEmptyString('issuer', options.issuer),
    audience: nonEmptyString('audience', options.audience),
    ttlSeconds: wholeNumber('accessTtlSeconds', options.accessTtlSeconds ?? 900, 1, ACCESS_TTL_MAX_SECONDS),
    clock,
  };
  const idleSeconds = wholeNumber('refreshIdleSeconds', options.refreshIdleSeconds ?? DAY, 60, 365 * DAY);
  const absoluteSeconds = wholeNumber(
    'refreshAbsoluteSeconds',
    options.refreshAbsoluteSeconds ?? 7 * DAY,
    60,
    365 * DAY,
  );
  const graceSeconds = wholeNumber('refreshGraceSeconds', options.refreshGraceSeconds ?? 10, 0, 60);
  const ticketTtl = wholeNumber(
    'ticketTtlSeconds',
    options.ticketTtlSeconds ?? 30,
    1,
    TICKET_TTL_MAX_SECONDS,
  );
  const limits = { keys: ring.refreshKeys, idleSeconds, absoluteSeconds, graceSeconds, clock };
  const refresh = () => ({ ...limits, store: needed('refreshStore', options.refreshStore) });
  const tickets = () => ({ ttlSeconds: ticketTtl, clock, store: needed('ticketStore', options.ticketStore) });

  return {
    issuer: access.issuer,
    audience: access.audience,
    issueAccess: (subject) => issueAccessToken(access, subject),
    verifyAccess: (token) => verifyAccessToken(access, token),
    keyFor: (token) => keyForHeader(ring, token),
    sessionLimits() {
      const now = clock();
      const absolute = now + absoluteSeconds * 1000;
      return {
        idleExpiresAt: new Date(Math.min(now + idleSeconds * 1000, absolute)),
        absoluteExpiresAt: new Date(absolute),
      };
    },
    issueRefresh: async (session) => issueRefreshToken(refresh(), session),
    rotateRefresh: async (token, { client = '' } = {}) => rotateRefreshToken(refresh(), token, client),
    revokeRefresh: async (token) => revokeByRefreshToken(refresh(), token),
    issueTicket: async (subject) => issueTicket(tickets(), subject),
    redeemTicket: async (token, purpose) => redeemTicket(tickets(), token, purpose),
  };
}

function needed<T>(name: string, store: T | undefined): T {
  if (store === undefined) throw new TypeError(`createTokenService was given no ${name}`);
  return store;
}
