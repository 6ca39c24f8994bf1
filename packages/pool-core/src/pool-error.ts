const brand = Symbol.for('@clawforce/pool-core/PoolError');

/** Every code a pool may throw. */
export type PoolErrorCode =
  | 'LEVEL_UNSUPPORTED'
  | 'SPEC_INVALID'
  | 'GENERATION_STALE'
  | 'BACKEND_UNAVAILABLE'
  | 'START_FAILED'
  | 'STOP_FAILED'
  | 'NOT_FOUND'
  | 'UNSUPPORTED'
  | 'CLOSED';

/** What went wrong in a pool: a stable code, a sentence, and the fix where there is one. */
export class PoolError extends Error {
  override readonly name = 'PoolError';
  readonly code: PoolErrorCode;
  /** What to do about it. */
  readonly fix?: string;

  constructor(code: PoolErrorCode, message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.fix !== undefined) this.fix = options.fix;
    Object.defineProperty(this, brand, { value: true });
  }

  // Two installed copies of this package must agree on what a PoolError is.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}
