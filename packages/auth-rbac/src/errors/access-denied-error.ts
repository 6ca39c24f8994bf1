import { PolicyDeniedError, type Decision } from '@clawforce/policy-core';
import { AUTH_ERRORS, authErrorBrand } from './auth-error.js';

/**
 * What the guard throws when a verdict is not `allow`: both a `PolicyDeniedError` and an `AuthError`. The message of
 * `NOT_FOUND` is the same for a missing and for a foreign object; the difference is only in `decision`, for the audit log.
 */
export class AccessDeniedError extends PolicyDeniedError {
  override readonly name = 'AccessDeniedError';
  declare readonly code: 'FORBIDDEN' | 'NOT_FOUND';
  /** 403 or 404. */
  readonly status: number;

  constructor(code: 'FORBIDDEN' | 'NOT_FOUND', decision: Decision) {
    super(code, decision, { message: AUTH_ERRORS[code].meaning });
    this.status = AUTH_ERRORS[code].status;
    Object.defineProperty(this, authErrorBrand, { value: true });
  }
}
