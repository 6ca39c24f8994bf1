const brand = Symbol.for('@clawforce/audit-log/AuditLogError');

/** Every code of this package. */
export type AuditLogErrorCode = 'EVENT_INVALID' | 'STORE_FAILED';

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
