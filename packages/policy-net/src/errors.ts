import { PolicyDeniedError, type Decision } from '@clawforce/policy-core';

/**
 * Stable code of an {@link EgressDeniedError}: which part of the way out was refused. `EGRESS_DNS` is a name that did
 * not resolve, `EGRESS_REDIRECT` a refused redirect, `EGRESS_RESPONSE` a refused answer, `EGRESS_REVOKED` a request
 * that a policy change ended, `EGRESS_DENIED` everything else.
 */
export type EgressCode =
  'EGRESS_DENIED' | 'EGRESS_DNS' | 'EGRESS_REDIRECT' | 'EGRESS_RESPONSE' | 'EGRESS_REVOKED';

const codes: ReadonlyMap<string, EgressCode> = new Map([
  ['dns', 'EGRESS_DNS'],
  ['redirect', 'EGRESS_REDIRECT'],
  ['response', 'EGRESS_RESPONSE'],
]);

/** The guarded client refused: `decision` says by which rule and what would be accepted. */
export class EgressDeniedError extends PolicyDeniedError {
  override readonly name = 'EgressDeniedError';
  declare readonly code: EgressCode;

  constructor(decision: Decision, options?: { cause?: unknown }) {
    const code =
      decision.rule === 'net.policy.revoked'
        ? 'EGRESS_REVOKED'
        : (codes.get(decision.layer) ?? 'EGRESS_DENIED');
    super(code, decision, options);
  }
}

/** Which limit an {@link EgressLimitError} is about; the names are those of the `limits` option. */
export type EgressLimitName =
  | 'connectMs'
  | 'headersMs'
  | 'idleMs'
  | 'totalMs'
  | 'maxBytes'
  | 'maxDecodedBytes'
  | 'maxRatio'
  | 'maxCodings'
  | 'maxHeaderBytes'
  | 'maxHeaders'
  | 'maxInterim'
  | 'maxRedirects';

/** The upstream proxy refused, or gave no HTTP answer. */
export class EgressUpstreamError extends Error {
  override readonly name = 'EgressUpstreamError';
  readonly code = 'EGRESS_UPSTREAM';
  /** What it answered to CONNECT; `undefined` when that was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

const brand = Symbol.for('@clawforce/policy-net/EgressLimitError');

/** A request that was admitted went past a limit; its connection is closed. */
export class EgressLimitError extends Error {
  override readonly name = 'EgressLimitError';
  readonly code = 'EGRESS_LIMIT';
  /** The limit, named as in the `limits` option. */
  readonly limit: EgressLimitName;

  constructor(limit: EgressLimitName, message: string) {
    super(message);
    this.limit = limit;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== EgressLimitError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}
