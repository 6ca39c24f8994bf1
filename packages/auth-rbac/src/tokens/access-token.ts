import { randomUUID, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { AuthError } from '../errors/auth-error.js';
import { nonEmptyString } from '../option-checks.js';
import type { KeyRing } from './signing-keys.js';

/** Longest life of an access token in seconds (research/auth-checklist B8). */
export const ACCESS_TTL_MAX_SECONDS = 900;
/** Clocks may differ by this many seconds, both ways. */
export const CLOCK_SKEW_SECONDS = 30;

/** Who an access token is for. */
export interface AccessSubject {
  readonly userId: string;
  readonly sessionId: string;
  /** A hint for displays. Decisions take the role from the database. */
  readonly role?: string;
}

/** A signed access token. */
export interface IssuedAccess {
  readonly token: string;
  readonly tokenId: string;
  readonly expiresAt: Date;
  /** Seconds of life, for `expires_in`. */
  readonly expiresInSeconds: number;
}

/** What a verified access token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** A hint, as issued: load the principal from the database before you decide anything by role. */
  readonly role?: string;
}

/** The fixed parts of every access token of a service. */
export interface AccessSettings {
  readonly ring: KeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly ttlSeconds: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const TOKEN_TYPE = 'at+jwt';
const MAX_LENGTH = 4096;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Gives a signed access token: HS256, typ `at+jwt` (RFC 9068), with iss, aud, sub, iat, exp, jti and sid. */
export function issueAccessToken(settings: AccessSettings, subject: AccessSubject): IssuedAccess {
  const iat = seconds(settings);
  const exp = iat + settings.ttlSeconds;
  const tokenId = randomUUID();
  const claims = {
    iss: settings.issuer,
    aud: settings.audience,
    sub: nonEmptyString('userId', subject.userId),
    sid: nonEmptyString('sessionId', subject.sessionId),
    ...(subject.role === undefined ? {} : { role: subject.role }),
    iat,
    exp,
    jti: tokenId,
  };
  const { kid, key } = settings.ring.signing;
  const token = jwt.sign(claims, key, { algorithm: 'HS256', header: { alg: 'HS256', typ: TOKEN_TYPE, kid } });
  return { token, tokenId, expiresAt: new Date(exp * 1000), expiresInSeconds: settings.ttlSeconds };
}

/**
 * Gives what an access token says once everything about it is right: header, key, signature, issuer, audience, times and
 * the presence of every claim.
 *
 * @throws AuthError with one of the `TOKEN_…` codes.
 */
export function verifyAccessToken(settings: AccessSettings, token: unknown): AccessClaims {
  if (typeof token !== 'string' || token.length > MAX_LENGTH || !COMPACT.test(token)) {
    throw new AuthError('TOKEN_MALFORMED');
  }
  const key = keyForHeader(settings.ring, token);
  const now = seconds(settings);
  let claims: unknown;
  try {
    claims = jwt.verify(token, key, {
      algorithms: ['HS256'],
      issuer: settings.issuer,
      audience: settings.audience,
      clockTimestamp: now,
      clockTolerance: CLOCK_SKEW_SECONDS,
    });
  } catch (error) {
    throw toAuthError(error);
  }
  return readClaims(claims, now, settings.audience);
}

/**
 * Gives the key that the header of a compact token names.
 *
 * @throws AuthError `TOKEN_HEADER` unless the header is exactly alg HS256, typ at+jwt and kid: a header with jku, x5u,
 * jwk, x5c or crit is refused unread (RFC 8725 section 3.10), `TOKEN_KEY_UNKNOWN` for a key id that is not configured.
 */
export function keyForHeader(ring: KeyRing, token: string): KeyObject {
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'));
  } catch {
    throw new AuthError('TOKEN_MALFORMED');
  }
  if (typeof header !== 'object' || header === null) throw new AuthError('TOKEN_MALFORMED');
  const { alg, typ, kid, ...others } = header as Record<string, unknown>;
  if (alg !== 'HS256' || typ !== TOKEN_TYPE || Object.keys(others).length > 0)
    throw new AuthError('TOKEN_HEADER');
  const key = typeof kid === 'string' ? ring.find(kid) : undefined;
  if (!key) throw new AuthError('TOKEN_KEY_UNKNOWN');
  return key;
}

function readClaims(payload: unknown, now: number, audience: string): AccessClaims {
  if (typeof payload !== 'object' || payload === null) throw new AuthError('TOKEN_CLAIMS');
  const { sub, sid, jti, iat, exp, aud, role } = payload as Record<string, unknown>;
  if (!isText(sub) || !isText(sid) || !isText(jti) || !isTime(iat) || !isTime(exp) || aud !== audience) {
    throw new AuthError('TOKEN_CLAIMS');
  }
  if (exp <= iat || exp - iat > ACCESS_TTL_MAX_SECONDS || (role !== undefined && !isText(role))) {
    throw new AuthError('TOKEN_CLAIMS');
  }
  if (iat > now + CLOCK_SKEW_SECONDS) throw new AuthError('TOKEN_NOT_YET_VALID');
  return {
    userId: sub,
    sessionId: sid,
    tokenId: jti,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
    ...(role === undefined ? {} : { role }),
  };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 256;
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const seconds = ({ clock }: AccessSettings): number => Math.floor(clock() / 1000);

function toAuthError(error: unknown): AuthError {
  if (error instanceof jwt.TokenExpiredError) return new AuthError('TOKEN_EXPIRED');
  if (error instanceof jwt.NotBeforeError) return new AuthError('TOKEN_NOT_YET_VALID');
  const message = error instanceof Error ? error.message : '';
  if (message === 'invalid signature') return new AuthError('TOKEN_SIGNATURE');
  return new AuthError(
    /^(?:jwt (?:audience|issuer)|invalid (?:exp|nbf) value)/.test(message)
      ? 'TOKEN_CLAIMS'
      : 'TOKEN_MALFORMED',
  );
}
