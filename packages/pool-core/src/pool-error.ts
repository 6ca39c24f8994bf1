const brand = Symbol.for('@clawforce/pool-core/PoolError');

/** Every code a pool or a level rule may throw, with what it means; the README table is compared with it. */
export const POOL_ERROR_CODES = Object.freeze({
  LEVEL_UNSUPPORTED: 'This pool cannot enforce what the request asks for; it starts nothing weaker.',
  LEVEL_ABOVE_CEILING: 'The level admits more than the ceiling of this installation.',
  OVERRIDE_LOOSENS: 'An override admits more than the level or the ceiling; overrides may only tighten.',
  OVERRIDE_INVALID: 'An override or a level has an unknown name, a wrong type or a value out of range.',
  SPEC_INVALID: 'A field of the worker specification is missing or wrong.',
  GENERATION_STALE: 'A newer generation exists, or this one has already ended.',
  TRANSITION_ILLEGAL: 'A worker cannot go from its state to the wanted one.',
  BACKEND_UNAVAILABLE: 'The engine is not there, or may not be used here.',
  START_FAILED: 'The engine tried to start the worker and could not.',
  IMAGE_MISSING: 'The worker image is not on the engine, and could not be pulled or must not be.',
  STOP_FAILED: 'Some process of the worker survived the kill.',
  NOT_FOUND: 'The pool knows no such worker.',
  UNSUPPORTED: 'This pool lacks the ability.',
  CLOSED: 'The pool was closed.',
});

/** Every code a pool may throw. */
export type PoolErrorCode = keyof typeof POOL_ERROR_CODES;

/** What went wrong in a pool: a stable code, a sentence, and the fix where there is one. */
export class PoolError extends Error {
  override readonly name = 'PoolError';
  readonly code: PoolErrorCode;
  /** The configuration key or specification field at fault, as CONTRACT section 3 spells it. */
  declare readonly key?: string;
  /** What to do about it. */
  declare readonly fix?: string;

  constructor(
    code: PoolErrorCode,
    message: string,
    options: { key?: string; fix?: string; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.key !== undefined) this.key = options.key;
    if (options.fix !== undefined) this.fix = options.fix;
    Object.defineProperty(this, brand, { value: true });
  }

  // Two installed copies of this package must agree on what a PoolError is.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}
