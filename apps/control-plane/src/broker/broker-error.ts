import { PolicyDeniedError, type Decision } from '@clawforce/policy-core';
import type { BrokerErrorBody } from '@clawforce/protocol';

/** Every code the broker answers with, and its HTTP status. Listed in the README. */
export const BROKER_ERRORS = Object.freeze({
  UNAUTHENTICATED: { status: 401, type: 'authentication' },
  POLICY_DENIED: { status: 403, type: 'policy_denied' },
  ROUTE_UNKNOWN: { status: 404, type: 'invalid_request' },
  REQUEST_INVALID: { status: 400, type: 'invalid_request' },
  REQUEST_TOO_LARGE: { status: 413, type: 'invalid_request' },
  MODEL_UNKNOWN: { status: 404, type: 'invalid_request' },
  PROVIDER_MISCONFIGURED: { status: 422, type: 'invalid_request' },
  TOO_MANY_REQUESTS: { status: 429, type: 'rate_limited' },
  UPSTREAM_UNREACHABLE: { status: 502, type: 'upstream' },
  UPSTREAM_REFUSED: { status: 502, type: 'upstream' },
  UPSTREAM_NONSENSE: { status: 502, type: 'upstream' },
  UPSTREAM_RATE_LIMITED: { status: 429, type: 'rate_limited' },
  UPSTREAM_LIMIT: { status: 502, type: 'upstream' },
  UPSTREAM_TIMEOUT: { status: 504, type: 'timeout' },
  INTERNAL: { status: 500, type: 'internal' },
} as const);

/** One of the codes in {@link BROKER_ERRORS}. */
export type BrokerErrorCode = keyof typeof BROKER_ERRORS;

/** A refusal or failure that the worker may read: never a secret, never an upstream's own text. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;
  readonly decision?: Decision;
  readonly retryAfterSeconds?: number;

  constructor(
    code: BrokerErrorCode,
    message: string,
    options: { cause?: unknown; decision?: Decision; retryAfterSeconds?: number } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.decision) this.decision = options.decision;
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** HTTP status of the answer. */
  get status(): number {
    return BROKER_ERRORS[this.code].status;
  }

  /** The answer's body. */
  toBody(): BrokerErrorBody {
    return {
      error: {
        message: this.message,
        type: BROKER_ERRORS[this.code].type,
        code: this.code,
        ...(this.decision ? { decision: this.decision } : {}),
        ...(this.retryAfterSeconds === undefined ? {} : { retry_after_s: this.retryAfterSeconds }),
      },
    };
  }
}

/** Gives the error as a {@link BrokerError}; what is not known becomes INTERNAL without its text. */
export function toBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof PolicyDeniedError) {
    const { decision } = error;
    const hint = decision.hint ? ` ${decision.hint}` : '';
    return new BrokerError('POLICY_DENIED', `${decision.reason}${hint}`, { decision, cause: error });
  }
  const { name, code, limit } = (error ?? {}) as { name?: unknown; code?: unknown; limit?: unknown };
  if (name === 'EgressLimitError') {
    const timedOut = typeof limit === 'string' && /ms$|time|deadline|idle/i.test(limit);
    return timedOut
      ? new BrokerError('UPSTREAM_TIMEOUT', `The server did not answer in time (${limit}).`, { cause: error })
      : new BrokerError('UPSTREAM_LIMIT', `The answer broke a limit (${String(limit)}).`, { cause: error });
  }
  if (name === 'AbortError' || name === 'TimeoutError') {
    return new BrokerError('UPSTREAM_TIMEOUT', 'The request was cancelled or ran out of time.', {
      cause: error,
    });
  }
  const socketCode =
    typeof code === 'string' && /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(code) ? code : causeCode(error);
  // fetch wraps failures of the network in a TypeError with a cause; a bare one is a mistake in our code.
  if (socketCode !== undefined || (error instanceof TypeError && error.cause !== undefined)) {
    return new BrokerError(
      'UPSTREAM_UNREACHABLE',
      `The server could not be reached${socketCode ? ` (${socketCode})` : ''}.`,
      {
        cause: error,
      },
    );
  }
  return new BrokerError('INTERNAL', 'The broker failed on this request; its log has the details.', {
    cause: error,
  });
}

function causeCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : undefined;
}
