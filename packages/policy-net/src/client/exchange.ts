import type { Agent, Dispatcher } from 'undici';
import type { Hop } from './hop.js';
import { HopHandler, RawHead } from './hop-handler.js';
import { openBody, type IncomingBody } from './incoming-body.js';
import type { OutgoingBody } from './outgoing-body.js';

/** A request as it goes on the wire. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: OutgoingBody | undefined;
}

/** The head of a response, and its body as the caller may read it. */
export interface WireResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [name: string, value: string][];
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Fetch section 2.2.3: a response with one of these has no body. */
const NULL_BODY_STATUS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * One request and its response. It is undici's handler and the hop's watcher in one, so that nothing stands between the
 * parser and the stream that the caller reads: fetch of undici costs three times as much as the request itself.
 */
export class Exchange extends HopHandler implements Dispatcher.DispatchHandler {
  readonly #method: string;
  #body: IncomingBody | undefined;
  #resume: () => void = () => undefined;
  #abort: ((error?: Error) => void) | undefined;
  #paused = false;
  #isComplete = false;
  #resolve: (response: WireResponse) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(hop: Hop, method: string) {
    super(hop);
    this.#method = method;
  }

  /** Sends the request and gives the response once its head is there. Rejects with what the hop was ended by. */
  send(agent: Agent, { url, method, headers, body }: WireRequest): Promise<WireResponse> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const options: Dispatcher.DispatchOptions = {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: headers.flat(),
        body: (body ?? null) as NonNullable<Dispatcher.DispatchOptions['body']> | null,
      };
      agent.dispatch(options, this);
    });
  }

  /** Ends it with an error, on whichever side of the response's head it is. */
  fail(error: unknown): void {
    this.#reject(error);
    this.#body?.fail(error);
  }

  /** Closes the connection unless the response has come to its end: nobody will read the rest of it. */
  abandon(): void {
    if (!this.#isComplete) this.#abort?.();
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    this.hop.started(abort);
  }

  onBodySent(chunk: unknown): void {
    this.hop.sent(typeof chunk === 'number' ? chunk : Buffer.byteLength(chunk as Uint8Array | string));
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    if (!this.hop.head(new RawHead(status, raw))) return false;
    if (status < 200) return true;
    this.#resume = resume;
    const headers = pairs(raw);
    if (this.#method !== 'HEAD' && !NULL_BODY_STATUS.has(status)) {
      this.#body = openBody(this.hop, headers, {
        more: () => this.#goOn(),
        cancel: () => {
          this.hop.end();
          this.#abort?.();
        },
      });
    }
    this.#resolve({ status, statusText, headers, body: this.#body?.stream ?? null });
    return true;
  }

  onData(chunk: Buffer): boolean {
    // The parser gives an empty one when it goes on and nothing more is there.
    if (chunk.length === 0) return true;
    if (!this.hop.received(chunk.length)) return false;
    if (this.#body === undefined || this.#body.write(chunk)) return true;
    this.#paused = true;
    this.hop.paused(() => this.#goOn());
    return false;
  }

  onComplete(): void {
    this.#isComplete = true;
    this.hop.complete();
    this.#body?.end();
  }

  onError(error: Error): void {
    const told = this.hop.interrupted(error);
    // As fetch has it: failures of the network are TypeErrors, and what the hop was ended by is itself.
    const known = this.hop.failure;
    this.#reject(known ?? new TypeError('fetch failed', { cause: told }));
    this.#body?.fail(known ?? new TypeError('terminated', { cause: told }));
  }

  onUpgrade(): void {
    throw new Error('upgrades are not admitted');
  }

  #goOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.hop.resumed();
    this.#resume();
  }
}

function pairs(raw: readonly Buffer[]): [string, string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i]);
    const value: unknown = raw[i + 1];
    for (const one of Array.isArray(value) ? (value as Buffer[]) : [value as Buffer]) {
      headers.push([name, one.toString('latin1')]);
    }
  }
  return headers;
}
