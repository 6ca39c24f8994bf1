import type { Decision } from '@clawforce/policy-core';

/** Every code of a {@link BrokerError}, and whether the same request may succeed a little later. */
export const BROKER_CLIENT_ERRORS = Object.freeze({
  /** The socket is not there or broke before an answer. */
  BROKER_UNREACHABLE: { retryable: true },
  /** No answer, or no further byte, in time. */
  BROKER_TIMEOUT: { retryable: true },
  /** The stream ended before its end mark. */
  BROKER_TRUNCATED: { retryable: true },
  /** The answer has no meaning: no SSE, no JSON, wrong types. */
  BROKER_NONSENSE: { retryable: true },
  /** The answer is larger than a worker takes. */
  BROKER_TOO_LARGE: { retryable: false },
  /** The caller cancelled. */
  BROKER_ABORTED: { retryable: false },
  /** The session secret is not accepted; a reconnect brings a new one. */
  BROKER_UNAUTHENTICATED: { retryable: true },
  /** The agent's policy refuses; `decision` says why. */
  BROKER_DENIED: { retryable: false },
  /** The request itself is wrong: unknown model, too large, not valid. */
  BROKER_REQUEST_REFUSED: { retryable: false },
  /** Too many requests; `retryAfterMs` says when. */
  BROKER_RATE_LIMITED: { retryable: true },
  /** The model or the web server behind the broker failed. */
  BROKER_UPSTREAM: { retryable: true },
  /** The broker itself failed. */
  BROKER_INTERNAL: { retryable: true },
} as const);

/** One of the codes in {@link BROKER_CLIENT_ERRORS}. */
export type BrokerErrorCode = keyof typeof BROKER_CLIENT_ERRORS;

/** A call to the broker did not succeed. The message is a sentence for a person and names no secret. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The broker's own code, where it gave one. */
  readonly brokerCode?: string;
  /** Least wait before a repetition, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The verdict, with BROKER_DENIED. */
  readonly decision?: Decision;

  constructor(
    code: BrokerErrorCode,
    message: string,
    options: {
      cause?: unknown;
      brokerCode?: string | undefined;
      retryAfterMs?: number | undefined;
      decision?: Decision | undefined;
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryable = BROKER_CLIENT_ERRORS[code].retryable;
    if (options.brokerCode !== undefined) this.brokerCode = options.brokerCode;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.decision !== undefined) this.decision = options.decision;
  }
}
