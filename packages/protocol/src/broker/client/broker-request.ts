import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BrokerError } from './broker-error.js';
import { brokerErrorOf, brokerErrorOfStatus } from './error-body.js';

/** Where the broker listens: its unix socket, or the control plane's public URL. */
export type BrokerTarget = { readonly socketPath: string } | { readonly url: string };

/** Deadlines in milliseconds. */
export interface BrokerTimeouts {
  /** Until the first byte of the answer; a reasoning model may think for minutes. */
  readonly firstByteMs: number;
  /** Between two bytes. */
  readonly idleMs: number;
  /** For the whole exchange. */
  readonly totalMs: number;
}

/** What one exchange needs. */
export interface BrokerExchange {
  readonly target: BrokerTarget;
  readonly route: string;
  readonly secret: string;
  readonly body: unknown;
  readonly timeouts: BrokerTimeouts;
  readonly signal: AbortSignal | undefined;
}

/** An answer with status 200 whose body is still to be read. */
export interface BrokerAnswer {
  readonly headers: IncomingMessage['headers'];
  /** The body; iteration throws BrokerError when it breaks, stalls or is cancelled. */
  readonly body: AsyncGenerator<Uint8Array>;
  /** Ends the exchange; must be called when the body is not read to its end. */
  readonly close: () => void;
}

const MAX_ERROR_BYTES = 256 * 1024;

/** Sends one POST and gives the answer once its status is 200. @throws BrokerError */
export async function brokerRequest(exchange: BrokerExchange): Promise<BrokerAnswer> {
  const { timeouts, signal } = exchange;
  if (signal?.aborted) throw aborted();
  const text = JSON.stringify(exchange.body);
  const controller = new AbortController();
  let failure: BrokerError | undefined;
  const stop = (error: BrokerError): void => {
    failure ??= error;
    controller.abort();
  };
  const onAbort = (): void => stop(aborted());
  signal?.addEventListener('abort', onAbort, { once: true });
  const total = setTimeout(
    () => stop(new BrokerError('BROKER_TIMEOUT', 'The exchange with the broker took too long.')),
    timeouts.totalMs,
  );
  let idle = watch(timeouts.firstByteMs, 'The broker did not answer in time.');
  function watch(ms: number, sentence: string): NodeJS.Timeout {
    return setTimeout(() => stop(new BrokerError('BROKER_TIMEOUT', sentence)), ms);
  }
  const close = (): void => {
    clearTimeout(total);
    clearTimeout(idle);
    signal?.removeEventListener('abort', onAbort);
    controller.abort();
  };
  const explain = (cause: unknown, code: 'BROKER_UNREACHABLE' | 'BROKER_TRUNCATED'): BrokerError => {
    if (failure) return failure;
    const reason = (cause as { code?: unknown } | undefined)?.code;
    const detail = typeof reason === 'string' ? ` (${reason})` : '';
    return code === 'BROKER_UNREACHABLE'
      ? new BrokerError(code, `The broker could not be reached${detail}.`, { cause })
      : new BrokerError(code, `The answer of the broker broke off${detail}.`, { cause });
  };

  let response: IncomingMessage;
  try {
    response = await send(exchange, text, controller.signal);
  } catch (error) {
    close();
    throw explain(error, 'BROKER_UNREACHABLE');
  }

  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response as AsyncIterable<Uint8Array>) {
        clearTimeout(idle);
        yield chunk;
        idle = watch(timeouts.idleMs, 'The broker stopped in the middle of its answer.');
      }
    } catch (error) {
      throw error instanceof BrokerError ? error : explain(error, 'BROKER_TRUNCATED');
    } finally {
      close();
    }
  }

  const body = bytes();
  if (response.statusCode !== 200) throw await errorAnswer(response.statusCode ?? 0, body);
  return { headers: response.headers, body, close };
}

function send(exchange: BrokerExchange, text: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { target } = exchange;
  const options = {
    method: 'POST',
    signal,
    headers: {
      authorization: `Bearer ${exchange.secret}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      // Each exchange has a connection of its own: a cancelled one cannot leave bytes for the next.
      connection: 'close',
    },
  };
  return new Promise((resolve, reject) => {
    const request =
      'socketPath' in target
        ? httpRequest({ ...options, socketPath: target.socketPath, path: exchange.route })
        : (target.url.startsWith('https:') ? httpsRequest : httpRequest)(
            new URL(exchange.route, target.url),
            options,
          );
    request.once('response', resolve);
    request.on('error', reject);
    request.end(text);
  });
}

async function errorAnswer(status: number, body: AsyncGenerator<Uint8Array>): Promise<BrokerError> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > MAX_ERROR_BYTES) break;
      chunks.push(chunk);
    }
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return brokerErrorOf(parsed) ?? brokerErrorOfStatus(status);
  } catch (error) {
    return error instanceof BrokerError && !error.retryable ? error : brokerErrorOfStatus(status);
  }
}

function aborted(): BrokerError {
  return new BrokerError('BROKER_ABORTED', 'The request was cancelled.');
}
