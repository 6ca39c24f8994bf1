import { FormData, Headers } from 'undici';
import { namedByConnection } from './end-to-end-headers.js';

/** A fetch call in one form, whether it came as URL and init or as a Request. */
export interface RequestInput {
  /** The URL as the caller wrote it: its spelling is judged. */
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
  readonly redirect: 'follow' | 'manual' | 'error';
}

interface RequestLike {
  readonly url: string;
  readonly method: string;
  readonly headers: Iterable<[string, string]>;
  readonly body: unknown;
  readonly signal?: AbortSignal;
  readonly redirect?: string;
}

/** Set by the client from the URL, or meant for one hop only (RFC 9110 section 7.6.1): never taken from the caller. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const methodToken = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Fetch section 2.2.1. */
const forbiddenMethod = /^(?:connect|trace|track)$/i;

/** Tells whether a value may be the method of a request. */
export function isMethod(value: unknown): value is string {
  return value === 'GET' || (typeof value === 'string' && methodToken.test(value));
}

/** Reads the arguments of a fetch call. @throws TypeError when they are none. */
export function readInput(input: unknown, init: Readonly<Record<string, unknown>>): RequestInput {
  const request = isRequestLike(input) ? input : undefined;
  const url = request?.url ?? (input instanceof URL ? input.href : input);
  if (typeof url !== 'string') throw new TypeError('fetch takes a URL or a Request');
  const given = init['headers'] ?? request?.headers;
  const headers = given === undefined ? [] : [...new Headers(given)];
  const connection = headers.find(([name]) => name === 'connection')?.[1];
  const named = connection === undefined ? undefined : namedByConnection([connection]);
  const method = init['method'] ?? request?.method ?? 'GET';
  if (!isMethod(method) || forbiddenMethod.test(method)) {
    throw new TypeError('method must be an HTTP method other than CONNECT, TRACE and TRACK');
  }
  const redirect = init['redirect'] ?? request?.redirect ?? 'follow';
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error') {
    throw new TypeError('redirect must be "follow", "manual" or "error"');
  }
  const body = init['body'] ?? request?.body ?? undefined;
  if (body !== undefined && /^(?:get|head)$/i.test(method)) {
    throw new TypeError('a request with GET or HEAD cannot have a body');
  }
  const signal = (init['signal'] ?? request?.signal) as AbortSignal | null | undefined;
  return {
    url,
    method: /^(?:get|head|post|put|delete|options)$/i.test(method) ? method.toUpperCase() : method,
    headers: headers.filter(([name]) => !OWN_HEADERS.has(name) && named?.has(name) !== true),
    body: ownFormData(body),
    signal: signal ?? undefined,
    redirect,
  };
}

/** Tells whether a body can be sent a second time. */
export function isReplayable(body: unknown): boolean {
  return (
    body === undefined ||
    body === null ||
    typeof body === 'string' ||
    body instanceof URLSearchParams ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData
  );
}

/** undici's fetch knows its own FormData only; the global one belongs to the copy of undici inside Node. */
function ownFormData(body: unknown): unknown {
  if (!(body instanceof globalThis.FormData)) return body;
  const form = new FormData();
  for (const [name, value] of body.entries()) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, value.name);
  }
  return form;
}

function isRequestLike(input: unknown): input is RequestLike {
  return (
    typeof input === 'object' &&
    input !== null &&
    !(input instanceof URL) &&
    typeof (input as Partial<RequestLike>).url === 'string' &&
    typeof (input as Partial<RequestLike>).method === 'string'
  );
}
