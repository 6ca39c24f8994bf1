import { BROKER_ROUTES, WEB_HEADERS, type ChatCompletionRequest, type WebFetchRequest } from '../contract.js';
import { BrokerError } from './broker-error.js';
import { brokerRequest, type BrokerTarget, type BrokerTimeouts } from './broker-request.js';
import { CompletionReader, type Completion } from './completion-reader.js';
import { sseData } from './sse-lines.js';

/** What {@link createBrokerClient} takes. */
export interface BrokerClientOptions {
  readonly target: BrokerTarget;
  /** Gives the present session secret; asked at every call, because a reconnect replaces it. */
  readonly secret: () => string | undefined;
  /** Deadlines in milliseconds for completions. */
  readonly chatTimeouts?: Partial<BrokerTimeouts>;
  /** Deadlines in milliseconds for web fetches. */
  readonly webTimeouts?: Partial<BrokerTimeouts>;
}

/** A page that the broker fetched. */
export interface WebPage {
  /** Status code of the origin. */
  readonly status: number;
  /** Final URL after redirects. */
  readonly url: string;
  readonly contentType: string;
  /** The body as it streams. Iteration throws BrokerError; leaving it early ends the exchange. */
  readonly body: AsyncGenerator<Uint8Array>;
}

/** A worker's way to models and to the web. */
export interface BrokerClient {
  /** Streams a completion and gives it whole; `onDelta` gets the text as it comes. @throws BrokerError */
  chat(
    request: Omit<ChatCompletionRequest, 'stream'>,
    options?: { readonly signal?: AbortSignal; readonly onDelta?: (text: string) => void },
  ): Promise<Completion>;
  /** Fetches a page. @throws BrokerError */
  webFetch(request: WebFetchRequest, options?: { readonly signal?: AbortSignal }): Promise<WebPage>;
}

const chatTimeouts: BrokerTimeouts = { firstByteMs: 310_000, idleMs: 310_000, totalMs: 1_800_000 };
const webTimeouts: BrokerTimeouts = { firstByteMs: 40_000, idleMs: 20_000, totalMs: 90_000 };

/** Gives a client of the broker on its unix socket or at the control plane's URL (ARCHITECTURE section 5). */
export function createBrokerClient(options: BrokerClientOptions): BrokerClient {
  const { target } = options;
  if (typeof options.secret !== 'function') throw new TypeError('option "secret" must be a function');
  if ('socketPath' in target ? !target.socketPath.startsWith('/') : !URL.canParse(target.url)) {
    throw new TypeError('option "target" must hold an absolute socketPath or a url');
  }
  const secretNow = (): string => {
    const secret = options.secret();
    if (secret === undefined || !/^[\x21-\x7e]+$/.test(secret)) {
      throw new BrokerError('BROKER_UNAUTHENTICATED', 'There is no session with the control plane yet.');
    }
    return secret;
  };

  return {
    async chat(request, { signal, onDelta } = {}) {
      const answer = await brokerRequest({
        target,
        route: BROKER_ROUTES.chatCompletions,
        secret: secretNow(),
        body: { ...request, stream: true },
        timeouts: { ...chatTimeouts, ...options.chatTimeouts },
        signal,
      });
      try {
        const type = answer.headers['content-type'] ?? '';
        if (!type.startsWith('text/event-stream')) {
          throw new BrokerError('BROKER_NONSENSE', 'The broker answered with something else than a stream.');
        }
        const reader = new CompletionReader((text) => onDelta?.(text));
        for await (const data of sseData(answer.body)) {
          if (data === '[DONE]') return reader.finish();
          reader.take(data);
        }
        throw new BrokerError('BROKER_TRUNCATED', 'The completion ended before its end mark.');
      } finally {
        answer.close();
      }
    },

    async webFetch(request, { signal } = {}) {
      const answer = await brokerRequest({
        target,
        route: BROKER_ROUTES.webFetch,
        secret: secretNow(),
        body: request,
        timeouts: { ...webTimeouts, ...options.webTimeouts },
        signal,
      });
      const status = Number(header(answer.headers[WEB_HEADERS.status]));
      if (!Number.isInteger(status) || status < 100 || status > 599) {
        answer.close();
        throw new BrokerError('BROKER_NONSENSE', 'The broker did not say how the server answered.');
      }
      return {
        status,
        url: header(answer.headers[WEB_HEADERS.url]) ?? request.url,
        contentType: header(answer.headers['content-type']) ?? '',
        body: answer.body,
      };
    },
  };
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
