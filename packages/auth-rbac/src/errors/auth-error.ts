import type { Decision } from '@clawforce/policy-core';

/** Marks auth errors, so that `instanceof` holds across two installed copies of this package. */
export const authErrorBrand = Symbol.for('@clawforce/auth-rbac/AuthError');

/** Every code of this package: the HTTP status that fits it, and what it means. The README table is compared with it. */
export const AUTH_ERRORS = Object.freeze({
  PASSWORD_TOO_SHORT: { status: 400, meaning: 'The new password has fewer than 12 code points.' },
  PASSWORD_TOO_LONG: { status: 400, meaning: 'The new password has more than 256 code points.' },
  PASSWORD_INVALID: { status: 400, meaning: 'The password is not a string of well-formed Unicode.' },
  PASSWORD_GUESSABLE: {
    status: 400,
    meaning: 'The new password is the user name or on the list of refused ones.',
  },
  USERNAME_INVALID: {
    status: 400,
    meaning: 'The user name has characters or a length that are not accepted.',
  },
  HASHER_BUSY: {
    status: 503,
    meaning: 'More password checks are waiting than the queue holds; try again later.',
  },
  TOO_MANY_ATTEMPTS: { status: 429, meaning: 'The login limiter wants the caller to wait.' },
  UNAUTHENTICATED: { status: 401, meaning: 'The request carries no credential that is accepted.' },
  TOKEN_MALFORMED: { status: 401, meaning: 'The text is not a token of the wanted kind.' },
  TOKEN_HEADER: { status: 401, meaning: 'The header names another algorithm, type, or an extension.' },
  TOKEN_KEY_UNKNOWN: { status: 401, meaning: 'The key id is not one of the configured ones.' },
  TOKEN_SIGNATURE: { status: 401, meaning: 'The signature does not fit.' },
  TOKEN_CLAIMS: { status: 401, meaning: 'A claim is missing or wrong.' },
  TOKEN_EXPIRED: { status: 401, meaning: 'The token was valid once and is not any more.' },
  TOKEN_NOT_YET_VALID: { status: 401, meaning: 'The token was issued in the future.' },
  REFRESH_INVALID: { status: 401, meaning: 'There is no such refresh token.' },
  REFRESH_EXPIRED: {
    status: 401,
    meaning: 'The refresh token was idle too long or its session reached its absolute limit.',
  },
  REFRESH_REVOKED: { status: 401, meaning: 'The session of the refresh token was ended.' },
  REFRESH_REUSED: { status: 401, meaning: 'A used refresh token came back: the whole session was ended.' },
  TICKET_INVALID: { status: 401, meaning: 'The ticket is unknown, used, expired or for another purpose.' },
  FORBIDDEN: { status: 403, meaning: 'The caller may see the object but not do this.' },
  NOT_FOUND: { status: 404, meaning: 'There is no such object, or the caller may not know of it.' },
} as const);

/** Every code that this package throws. */
export type AuthErrorCode = keyof typeof AUTH_ERRORS;

/** What an {@link AuthError} carries besides its code. */
export interface AuthErrorOptions {
  readonly message?: string;
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number;
  readonly sessionId?: string;
  readonly userId?: string;
}

/**
 * Every failure of this package: a stable code and the HTTP status that fits it. Its message never holds a password, a
 * token or a digest. `instanceof` recognises errors from another installed copy of this package.
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError';
  readonly code: AuthErrorCode;
  /** HTTP status: 400, 401, 403, 404, 429 or 503. */
  readonly status: number;
  /** Whole seconds for `Retry-After`; present for `HASHER_BUSY` and `TOO_MANY_ATTEMPTS`. */
  declare readonly retryAfterSeconds?: number;
  /** The session that a refused refresh token belonged to, for the audit log. */
  declare readonly sessionId?: string;
  /** The user that a refused refresh token belonged to, for the audit log. */
  declare readonly userId?: string;
  /** The verdict behind `FORBIDDEN` and `NOT_FOUND`. */
  declare readonly decision?: Decision;

  constructor(code: AuthErrorCode, options: AuthErrorOptions = {}) {
    super(
      options.message ?? AUTH_ERRORS[code].meaning,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.status = AUTH_ERRORS[code].status;
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
    if (options.sessionId !== undefined) this.sessionId = options.sessionId;
    if (options.userId !== undefined) this.userId = options.userId;
    Object.defineProperty(this, authErrorBrand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Subclasses keep the ordinary prototype check; only the base is recognised by brand.
    if (this !== AuthError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return (
      typeof value === 'object' &&
      value !== null &&
      (value as Record<symbol, unknown>)[authErrorBrand] === true
    );
  }
}
