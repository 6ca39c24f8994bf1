import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatCompletionRequest } from '@clawforce/protocol';
import {
  BrokerError,
  type BrokerClient,
  type BrokerErrorCode,
  type Completion,
} from '@clawforce/protocol/broker-client';
import { CommandError } from '@clawforce/protocol/link-client';

/** How often and how patiently a failing model call is repeated. */
export interface ModelRetry {
  readonly attempts: number;
  /** Bound of the first wait in milliseconds; it doubles. */
  readonly baseMs: number;
  /** Longest wait, also when the broker asks for more. */
  readonly maxMs: number;
  /** No attempt begins later than this after the first one did. */
  readonly withinMs: number;
}

/**
 * Four attempts: a model that fails at once is given up after some seconds, one that asks for long waits after a
 * minute and a half. One that ran out of time is not repeated, and none begins later than two minutes after the first:
 * whoever waits for an answer waits for two minutes and one deadline of the broker at most.
 */
export const MODEL_RETRY: ModelRetry = Object.freeze({
  attempts: 4,
  baseMs: 1_000,
  maxMs: 30_000,
  withinMs: 120_000,
});

/** Every code with which a message fails because of the model. */
export const MODEL_ERROR_CODES = Object.freeze([
  'MODEL_UNAVAILABLE',
  'MODEL_RATE_LIMITED',
  'MODEL_NONSENSE',
  'MODEL_REFUSED',
] as const);

type ModelErrorCode = (typeof MODEL_ERROR_CODES)[number];

/** Failures of the provider that the same request meets again. */
const LASTING: ReadonlySet<string | undefined> = new Set(['UPSTREAM_REFUSED', 'UPSTREAM_LIMIT']);

/**
 * Gives a completion; errors that may pass are retried with full jitter, as often as `retry` says.
 *
 * @throws CommandError with one of {@link MODEL_ERROR_CODES}, BrokerError BROKER_ABORTED when cancelled.
 */
export async function callModel(
  broker: BrokerClient,
  request: Omit<ChatCompletionRequest, 'stream'>,
  options: {
    readonly signal: AbortSignal;
    readonly onDelta: (text: string) => void;
    readonly onRetry: (error: BrokerError, attempt: number) => void;
    readonly retry: ModelRetry;
  },
): Promise<Completion> {
  const { signal, onDelta, retry } = options;
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await broker.chat(request, { signal, onDelta });
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code === 'BROKER_ABORTED') throw error;
      const passes = error.retryable && error.code !== 'BROKER_TIMEOUT' && !LASTING.has(error.brokerCode);
      const jitter = Math.random() * retry.baseMs * 2 ** (attempt - 1);
      const wait = Math.min(retry.maxMs, Math.max(error.retryAfterMs ?? 0, jitter));
      const late = performance.now() - began + wait > retry.withinMs;
      if (!passes || late || attempt >= retry.attempts) throw asCommandError(error);
      options.onRetry(error, attempt);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

/**
 * What a failure of the provider means, by the broker's own code: its type is `upstream` for all of them, and that alone
 * would read as a provider that cannot be reached.
 */
const UPSTREAM_CODES: ReadonlyMap<string | undefined, ModelErrorCode> = new Map([
  ['UPSTREAM_NONSENSE', 'MODEL_NONSENSE'],
  ['UPSTREAM_LIMIT', 'MODEL_NONSENSE'],
  ['UPSTREAM_REFUSED', 'MODEL_REFUSED'],
]);

function asCommandError(error: BrokerError): CommandError {
  const detail = error.brokerCode === undefined ? error.code : `${error.code}, ${error.brokerCode}`;
  return new CommandError(
    UPSTREAM_CODES.get(error.brokerCode) ?? modelCodeOf(error.code),
    `The model could not be asked: ${error.message} (${detail})`,
    { cause: error },
  );
}

function modelCodeOf(code: BrokerErrorCode): ModelErrorCode {
  switch (code) {
    case 'BROKER_RATE_LIMITED':
      return 'MODEL_RATE_LIMITED';
    case 'BROKER_NONSENSE':
    case 'BROKER_TRUNCATED':
    case 'BROKER_TOO_LARGE':
      return 'MODEL_NONSENSE';
    case 'BROKER_DENIED':
    case 'BROKER_REQUEST_REFUSED':
      return 'MODEL_REFUSED';
    default:
      return 'MODEL_UNAVAILABLE';
  }
}
