import { Dispatcher, type Agent } from 'undici';
import type { Hop } from './hop.js';
import { dispatchFor } from './hop-handler.js';

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
    const url = this.#urlOf(options.origin, options.path);
    const hop = this.#settings.beginHop(options.method, url);
    try {
      hop.judge();
      if (!keepsHost(options.headers, url)) {
        throw new Error('the Host header must be that of the URL');
      }
      if (options.upgrade !== undefined && options.upgrade !== null && options.upgrade !== false) {
        throw new Error('upgrades are not admitted');
      }
      if (options.method === 'CONNECT') throw new Error('CONNECT is not admitted');
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('the request was refused');
      hop.fail(failure);
      fail(handler, failure);
      return true;
    }
    hop.accept();
    return dispatchFor(hop, this.#settings.agent(), options, handler);
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
function keepsHost(headers: Dispatcher.DispatchOptions['headers'], url: string): boolean {
  if (headers === undefined || headers === null) return true;
  for (const [name, value] of headerPairs(headers)) {
    if (name.length === 4 && name.toLowerCase() === 'host' && value !== new URL(url).host) return false;
  }
  return true;
}

function headerPairs(headers: unknown): readonly (readonly [name: string, value: string])[] {
  if (typeof headers !== 'object' || headers === null) return [];
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    return Array.from({ length: headers.length >> 1 }, (_, i) => [
      String(headers[2 * i]),
      String(headers[2 * i + 1]),
    ]);
  }
  const entries: Iterable<unknown> =
    Symbol.iterator in headers ? (headers as Iterable<unknown>) : Object.entries(headers);
  return [...entries].map((entry) => {
    const [name, value] = entry as readonly unknown[];
    return [String(name), String(value)];
  });
}
