import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatCompletionRequest } from '@clawforce/protocol';
import { BrokerError, type BrokerClient, type Completion } from '@clawforce/protocol/broker-client';
import { CommandError } from '@clawforce/protocol/link-client';

/** How often and how patiently a failing model call is repeated. */
export interface ModelRetry {
  readonly attempts: number;
  /** Bound of the first wait in milliseconds; it doubles. */
  readonly baseMs: number;
  /** Longest wait, also when the broker asks for more. */
  readonly maxMs: number;
}

/** Four attempts within about ten seconds. */
export const MODEL_RETRY: ModelRetry = Object.freeze({ attempts: 4, baseMs: 1_000, maxMs: 30_000 });

/** Every code with which a message fails because of the model. */
export const MODEL_ERROR_CODES = Object.freeze([
  'MODEL_UNAVAILABLE',
  'MODEL_RATE_LIMITED',
  'MODEL_NONSENSE',
  'MODEL_REFUSED',
] as const);

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
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await broker.chat(request, { signal, onDelta });
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code === 'BROKER_ABORTED') throw error;
      if (!error.retryable || attempt >= retry.attempts) throw asCommandError(error);
      options.onRetry(error, attempt);
      const jitter = Math.random() * retry.baseMs * 2 ** (attempt - 1);
      const wait = Math.min(retry.maxMs, Math.max(error.retryAfterMs ?? 0, jitter));
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

function asCommandError(error: BrokerError): CommandError {
  const detail = error.brokerCode === undefined ? error.code : `${error.code}, ${error.brokerCode}`;
  const message = `The model could not be asked: ${error.message} (${detail})`;
  switch (error.code) {
    case 'BROKER_RATE_LIMITED':
      return new CommandError('MODEL_RATE_LIMITED', message, { cause: error });
    case 'BROKER_NONSENSE':
    case 'BROKER_TRUNCATED':
    case 'BROKER_TOO_LARGE':
      return new CommandError('MODEL_NONSENSE', message, { cause: error });
    case 'BROKER_DENIED':
    case 'BROKER_REQUEST_REFUSED':
      return new CommandError('MODEL_REFUSED', message, { cause: error });
    default:
      return new CommandError('MODEL_UNAVAILABLE', message, { cause: error });
  }
}
