import type { Decision } from './decision.js';

// A global symbol, so that `instanceof` holds across two installed copies of this package (habit of undici's errors).
const brand = Symbol.for('@clawforce/policy-core/PolicyDeniedError');

/**
 * Base of every denial error: carries a stable `code` for programs and the whole {@link Decision} for people.
 * `instanceof` recognises errors from another installed copy of this package.
 */
export class PolicyDeniedError extends Error {
  override readonly name: string = 'PolicyDeniedError';
  /** Stable code from the closed list of the package that threw. */
  readonly code: string;
  /** The verdict that led here; its `effect` is `allow` when policy admitted and the operation failed. */
  readonly decision: Decision;

  constructor(code: string, decision: Decision, options?: { message?: string; cause?: unknown }) {
    super(
      options?.message ?? decision.reason,
      options && 'cause' in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.decision = decision;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Subclasses keep the ordinary prototype check; only the base is recognised by brand.
    if (this !== PolicyDeniedError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}
