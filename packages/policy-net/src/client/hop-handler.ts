import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Hop, ResponseHead } from './hop.js';

type Handler = Dispatcher.DispatchHandler;

/**
 * Gives a handler that lets `hop` watch what passes to `inner`. undici 7 has two handler interfaces side by side (its
 * own fetch uses the older one), so there is one watcher for each.
 */
export function watchHandler(hop: Hop, inner: Handler): Handler {
  return inner.onRequestStart === undefined ? new OlderWatcher(hop, inner) : new NewerWatcher(hop, inner);
}

/* eslint-disable @typescript-eslint/no-deprecated -- the fetch of undici 7 speaks the older interface */
class OlderWatcher implements Handler {
  readonly #hop: Hop;
  readonly #inner: Handler;

  constructor(hop: Hop, inner: Handler) {
    this.#hop = hop;
    this.#inner = inner;
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#inner.onConnect?.(abort);
    this.#hop.started(abort);
  }

  onResponseStarted(): void {
    this.#inner.onResponseStarted?.();
  }

  onBodySent(chunkSize: number, totalBytesSent: number): void {
    // Typed as a size, but undici 7 passes the chunk itself.
    const chunk: unknown = chunkSize;
    this.#hop.sent(typeof chunk === 'number' ? chunk : Buffer.byteLength(chunk as Uint8Array | string));
    this.#inner.onBodySent?.(chunkSize, totalBytesSent);
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    if (!this.#hop.head(rawHead(status, raw))) return false;
    const goOn = (): void => {
      this.#hop.resumed();
      resume();
    };
    return this.#flow(this.#inner.onHeaders?.(status, raw, goOn, statusText) ?? true, status);
  }

  onData(chunk: Buffer): boolean {
    if (!this.#hop.received(chunk.length)) return false;
    return this.#flow(this.#inner.onData?.(chunk) ?? true, 200);
  }

  onComplete(trailers: string[] | null): void {
    this.#hop.complete();
    this.#inner.onComplete?.(trailers);
  }

  onError(error: Error): void {
    this.#inner.onError?.(this.#hop.interrupted(error));
  }

  onUpgrade(): void {
    throw new Error('upgrades are not admitted');
  }

  #flow(wantsMore: boolean, status: number): boolean {
    if (!wantsMore && status >= 200) this.#hop.paused();
    return wantsMore;
  }
}

/* eslint-enable @typescript-eslint/no-deprecated */

class NewerWatcher implements Handler {
  readonly #hop: Hop;
  readonly #inner: Handler;

  constructor(hop: Hop, inner: Handler) {
    this.#hop = hop;
    this.#inner = inner;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#inner.onRequestStart?.(controller, context);
    this.#hop.started((error) => controller.abort(error));
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    _status: number,
    _headers: IncomingHttpHeaders,
    _socket: Duplex,
  ): void {
    throw new Error('upgrades are not admitted');
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText?: string,
  ): void {
    if (this.#hop.head(parsedHead(status, headers))) {
      this.#inner.onResponseStart?.(controller, status, headers, statusText);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#hop.received(chunk.length)) this.#inner.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#hop.complete();
    this.#inner.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#inner.onResponseError?.(controller, this.#hop.interrupted(error));
  }
}

/** Gives the head of a response as the parser has it. */
export function rawHead(status: number, raw: readonly (Buffer | readonly Buffer[])[]): ResponseHead {
  return {
    status,
    count: raw.length / 2,
    header(wanted) {
      const values: string[] = [];
      for (let i = 0; i < raw.length; i += 2) {
        const name = raw[i];
        if (!Buffer.isBuffer(name) || name.length !== wanted.length) continue;
        if (name.toString('latin1').toLowerCase() === wanted) values.push(String(raw[i + 1]));
      }
      return values.length === 0 ? undefined : values.join(',');
    },
  };
}

function parsedHead(status: number, headers: IncomingHttpHeaders): ResponseHead {
  return {
    status,
    count: Object.values(headers).reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0),
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(',') : value;
    },
  };
}
