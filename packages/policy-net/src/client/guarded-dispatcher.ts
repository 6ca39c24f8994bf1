import { Dispatcher, type Agent } from 'undici';
import { endToEndHeaders } from './end-to-end-headers.js';
import type { Hop } from './hop.js';
import { dispatchFor } from './hop-handler.js';
import { isMethod } from './request-input.js';

/** What a guarded dispatcher needs of the client it belongs to. */
export interface GuardedDispatcherSettings {
  readonly agent: () => Agent;
  readonly beginHop: (method: string, url: string) => Hop;
}

/**
 * An undici Dispatcher under the policy of its guarded fetch, for code that brings its own request function. Every
 * dispatch is judged, also on a reused socket, and audited; the bodies it hands out are not decoded.
 */
export class GuardedDispatcher extends Dispatcher {
  readonly #settings: GuardedDispatcherSettings;
  #last: { readonly origin: string; readonly path: string; readonly url: string } | undefined;

  constructor(settings: GuardedDispatcherSettings) {
    super();
    this.#settings = settings;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    // Each is read once: what is judged is what is sent, also where a getter would give something else next time.
    const { origin, path, method, upgrade } = options;
    const url = this.#urlOf(origin, path);
    const known = isMethod(method);
    // What is no method would come into the audit event as it is, line breaks and all.
    const hop = this.#settings.beginHop(known ? method : '', url);
    let sent: Dispatcher.DispatchOptions;
    try {
      if (!known) throw new Error('the method must be a token of HTTP');
      hop.judge();
      const headers = endToEndHeaders(options.headers) ?? null;
      if (!keepsHost(headers, url)) throw new Error('the Host header must be that of the URL');
      if (upgrade !== undefined && upgrade !== null && upgrade !== false) {
        throw new Error('upgrades are not admitted');
      }
      if (/^connect$/i.test(method)) throw new Error('CONNECT is not admitted');
      // A URL object may be another one by the time it is read.
      const from = typeof origin === 'string' ? origin : originOf(origin);
      sent = { origin: from, path, method, headers, body: options.body ?? null };
      const { query, idempotent, blocking, reset, headersTimeout, bodyTimeout } = options;
      if (query !== undefined) sent.query = query;
      if (idempotent !== undefined) sent.idempotent = idempotent;
      if (blocking !== undefined) sent.blocking = blocking;
      if (reset !== undefined) sent.reset = reset;
      if (headersTimeout !== undefined) sent.headersTimeout = headersTimeout;
      if (bodyTimeout !== undefined) sent.bodyTimeout = bodyTimeout;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('the request was refused');
      hop.fail(failure);
      fail(handler, failure);
      return true;
    }
    hop.accept();
    try {
      return dispatchFor(hop, this.#settings.agent(), sent, handler);
    } catch (error) {
      // Thrown at the caller, who gave no handler or one that cannot be called: the hop is over all the same.
      hop.fail(error instanceof Error ? error : new Error('the request was not dispatched'));
      throw error;
    }
  }

  /** The last URL is handed out again, because the policy knows a text that it has seen before without reading it. */
  #urlOf(origin: unknown, path: unknown): string {
    const last = this.#last;
    if (last !== undefined && last.origin === origin && last.path === path) return last.url;
    if (typeof path !== 'string' || !path.startsWith('/')) return '';
    const url = originOf(origin) + path;
    // A URL object may be another one by the next time.
    this.#last = typeof origin === 'string' ? { origin, path, url } : undefined;
    return url;
  }

  /** Does nothing: the connections belong to the guarded fetch, which closes them. */
  override close(callback?: () => void): Promise<void> {
    callback?.();
    return Promise.resolve();
  }

  /** Does nothing: the connections belong to the guarded fetch, which closes them. */
  override destroy(...args: unknown[]): Promise<void> {
    const callback = args.at(-1);
    if (typeof callback === 'function') (callback as () => void)();
    return Promise.resolve();
  }
}

function fail(handler: Dispatcher.DispatchHandler, error: Error): void {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- handlers of undici 7's own API have the older interface
  if (handler.onRequestStart === undefined) handler.onError?.(error);
  else handler.onResponseError?.(undefined as never, error);
}

function originOf(origin: unknown): string {
  const text = typeof origin === 'string' ? origin : origin instanceof URL ? origin.href : '';
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

/** Another Host than the URL's would reach a site that nobody judged, behind the same address (domain fronting). */
function keepsHost(headers: ReturnType<typeof endToEndHeaders>, url: string): boolean {
  if (headers === undefined || headers === null) return true;
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) {
      if (isHost(headers[i]) && headers[i + 1] !== new URL(url).host) return false;
    }
    return true;
  }
  const fields = headers as Readonly<Record<string, unknown>>;
  return Object.keys(fields).every((name) => !isHost(name) || fields[name] === new URL(url).host);
}

function isHost(name: unknown): boolean {
  const text = String(name);
  return text.length === 4 && text.toLowerCase() === 'host';
}
