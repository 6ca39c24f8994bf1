import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Hop, ResponseHead } from './hop.js';

type Handler = Dispatcher.DispatchHandler;

/** In the options of a dispatch: its hop. undici hands options on as they are. */
const CARRIED = Symbol('clawforce.hop');

/** A handler that belongs to a hop. */
export class HopHandler {
  readonly hop: Hop;

  constructor(hop: Hop) {
    this.hop = hop;
  }
}

/** Gives the hop of a request, to the client that is about to carry it. */
export function hopOf(handler: object, options: object): Hop | undefined {
  return handler instanceof HopHandler ? handler.hop : (options as { [CARRIED]?: Hop })[CARRIED];
}

/**
 * Dispatches so that `hop` watches what passes to `inner`. undici 7 has two handler interfaces side by side (its own
 * request and fetch use the older one), so there is one watcher for each. undici hides the newer one in a wrapper of its
 * own; then the hop travels in a copy of the options, which costs more than all the watching.
 */
export function dispatchFor(
  hop: Hop,
  agent: Dispatcher,
  options: Dispatcher.DispatchOptions,
  inner: Handler,
): boolean {
  if (inner.onRequestStart === undefined) return agent.dispatch(options, new OlderWatcher(hop, inner));
  const carrying = { ...options, [CARRIED]: hop } as Dispatcher.DispatchOptions;
  return agent.dispatch(carrying, new NewerWatcher(hop, inner));
}

/* eslint-disable @typescript-eslint/no-deprecated -- the fetch of undici 7 speaks the older interface */
class OlderWatcher extends HopHandler implements Handler {
  readonly #inner: Handler;
  #goOn: () => void = () => undefined;

  constructor(hop: Hop, inner: Handler) {
    super(hop);
    this.#inner = inner;
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#inner.onConnect?.(abort);
    this.hop.started(abort);
  }

  onResponseStarted(): void {
    this.#inner.onResponseStarted?.();
  }

  onBodySent(chunkSize: number, totalBytesSent: number): void {
    // Typed as a size, but undici 7 passes the chunk itself.
    const chunk: unknown = chunkSize;
    this.hop.sent(typeof chunk === 'number' ? chunk : Buffer.byteLength(chunk as Uint8Array | string));
    this.#inner.onBodySent?.(chunkSize, totalBytesSent);
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    if (!this.hop.head(new RawHead(status, raw))) return false;
    const goOn = (): void => {
      this.hop.resumed();
      resume();
    };
    this.#goOn = goOn;
    return this.#flow(this.#inner.onHeaders?.(status, raw, goOn, statusText) ?? true, status);
  }

  onData(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    if (!this.hop.received(chunk.length)) return false;
    return this.#flow(this.#inner.onData?.(chunk) ?? true, 200);
  }

  onComplete(trailers: string[] | null): void {
    this.hop.complete();
    this.#inner.onComplete?.(trailers);
  }

  onError(error: Error): void {
    this.#inner.onError?.(this.hop.interrupted(error));
  }

  onUpgrade(): void {
    throw new Error('upgrades are not admitted');
  }

  #flow(wantsMore: boolean, status: number): boolean {
    if (!wantsMore && status >= 200) this.hop.paused(this.#goOn);
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
    if (!this.#hop.head(parsedHead(status, headers))) return;
    this.#inner.onResponseStart?.(controller, status, headers, statusText);
    if (status >= 200) this.#flow(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (chunk.length === 0 || !this.#hop.received(chunk.length)) return;
    this.#inner.onResponseData?.(controller, chunk);
    this.#flow(controller);
  }

  #flow(controller: Dispatcher.DispatchController): void {
    this.#hop.stopped(controller.paused ? () => controller.resume() : undefined);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#hop.complete();
    this.#inner.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#inner.onResponseError?.(controller, this.#hop.interrupted(error));
  }
}

/** The head of a response as the parser has it: names and values in turns. */
export class RawHead implements ResponseHead {
  readonly status: number;
  readonly count: number;
  readonly #raw: readonly (Buffer | readonly Buffer[])[];

  constructor(status: number, raw: readonly (Buffer | readonly Buffer[])[]) {
    this.status = status;
    this.count = raw.length / 2;
    this.#raw = raw;
  }

  header(wanted: string): string | undefined {
    let found: string | undefined;
    const raw = this.#raw;
    for (let i = 0; i < raw.length; i += 2) {
      if (!isNamed(raw[i], wanted)) continue;
      const value = String(raw[i + 1]);
      found = found === undefined ? value : `${found},${value}`;
    }
    return found;
  }

  length(): number {
    const raw = this.#raw;
    let length: number | undefined;
    for (let i = 0; i < raw.length; i += 2) {
      // Two of them: what `header` would give for them is no number.
      if (isNamed(raw[i], 'content-length'))
        length = length === undefined ? numberOf(raw[i + 1]) : Number.NaN;
    }
    return length ?? 0;
  }
}

/** Reads digits without making a text of them. */
function numberOf(digits: unknown): number {
  if (!Buffer.isBuffer(digits) || digits.length > 15) return Number(String(digits));
  let value = 0;
  for (const byte of digits) {
    if (byte < 0x30 || byte > 0x39) return Number(String(digits));
    value = value * 10 + byte - 0x30;
  }
  return value;
}

/** Compares without making a text of each name. `wanted` is lower case, letters and hyphens. */
function isNamed(name: unknown, wanted: string): boolean {
  if (!Buffer.isBuffer(name) || name.length !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i += 1) {
    if (((name[i] ?? 0) | 0x20) !== wanted.charCodeAt(i)) return false;
  }
  return true;
}

function parsedHead(status: number, headers: IncomingHttpHeaders): ResponseHead {
  return {
    status,
    count: Object.values(headers).reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0),
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(',') : value;
    },
    length: () => Number(headers['content-length'] ?? 0),
  };
}
