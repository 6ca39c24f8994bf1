const brand = Symbol.for('@clawforce/audit-log/AuditLogError');

/** Every code of this package. */
export type AuditLogErrorCode = 'EVENT_INVALID' | 'STORE_FAILED';

/** Codes and what they mean; the README table is compared with it. */
export const AUDIT_LOG_ERRORS: Readonly<Record<AuditLogErrorCode, string>> = Object.freeze({
  EVENT_INVALID: 'The event is of no known kind, or a field is missing, unknown or of another type.',
  STORE_FAILED: 'The store did not take or give the rows; `cause` says why.',
});

/** What went wrong: a stable code and a sentence. */
export class AuditLogError extends Error {
  override readonly name = 'AuditLogError';
  readonly code: AuditLogErrorCode;

  constructor(code: AuditLogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  // Two installed copies of this package must agree on what an AuditLogError is.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}
