import { parseIPv4, parseIPv6, type IpAddress } from '../address/parse-address.js';
import { deny, type Verdict } from '../verdict.js';
import { gateRawUrl } from './raw-gate.js';

/** A URL whose host has only one reading. */
export interface ParsedUrl {
  /** The WHATWG parse; pass this on, never the string. */
  readonly url: URL;
  /** Lower-case scheme without colon. */
  readonly scheme: string;
  /** Normalised name without trailing dot, or canonical address without brackets. */
  readonly host: string;
  /** Present when the host is an address literal. */
  readonly literal: IpAddress | undefined;
  readonly port: number;
}

const defaultPorts: Readonly<Record<string, number>> = Object.freeze({
  __proto__: null as never,
  http: 80,
  ws: 80,
  https: 443,
  wss: 443,
  ftp: 21,
});

/** Gates and parses a raw URL; gives the refusal when it has no single reading. Never throws. */
export function parseUrl(raw: unknown): ParsedUrl | Verdict {
  if (typeof raw !== 'string') return deny('net.url.malformed', 'A URL must be a string.');
  const gated = gateRawUrl(raw);
  if ('rule' in gated) return gated;
  const { scheme, authority } = gated;
  if (defaultPorts[scheme] === undefined) {
    // Not one of the schemes whose host WHATWG parses, so there is nothing more to read.
    return deny('net.scheme.denied', `The scheme "${scheme}" is not admitted.`);
  }
  const url = tryParse(raw);
  if (url === undefined || url.username !== '' || url.password !== '') {
    return deny('net.url.malformed', 'This URL cannot be parsed.', { span: [0, raw.length] });
  }
  const port = url.port === '' ? defaultPorts[scheme] : Number(url.port);
  const { hostname } = url;
  const start = scheme.length + 3;
  if (hostname.startsWith('[')) {
    const host = hostname.slice(1, -1);
    const groups = parseIPv6(host);
    if (groups === undefined) return deny('net.url.malformed', 'This is no IPv6 address.');
    if (!authority.toLowerCase().startsWith(hostname)) return nonCanonical(hostname, start, authority);
    return { url, scheme, host, literal: { family: 6, groups }, port };
  }
  const value = parseIPv4(hostname);
  if (value >= 0) {
    const colon = authority.indexOf(':');
    const written = colon < 0 ? authority : authority.slice(0, colon);
    if (written !== hostname) return nonCanonical(hostname, start, authority);
    return { url, scheme, host: hostname, literal: { family: 4, value }, port };
  }
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return { url, scheme, host, literal: undefined, port };
}

/** A scheme that no `//` follows: what comes after it has no parts that could be told apart. */
const opaque = /^[\u0000-\u0020]*([A-Za-z][A-Za-z0-9+.-]{0,63}):(?![/\\]{2})/;
const lastAt = /^[^]*(?:@|%40|\uFE6B|\uFF20)/i;

/** Gives a URL for logs: no user information, no query, no fragment, at most 512 characters. Never throws. */
export function redactUrl(value: unknown): string {
  if (value instanceof URL) {
    if (value.origin === 'null') return `${value.protocol}…`.slice(0, 512);
    const query = value.search === '' ? '' : '?…';
    return `${value.origin}${value.pathname}${query}`.slice(0, 512);
  }
  if (typeof value !== 'string') return typeof value;
  const [, bare] = opaque.exec(value) ?? [];
  if (bare !== undefined) return `${bare}:…`;
  const scheme = /^[^/?#\\@]{0,64}?[/\\]{1,8}/.exec(value)?.[0] ?? '';
  const rest = value.slice(scheme.length);
  const hidden = lastAt.exec(rest)?.[0].length ?? 0;
  // Readers differ in where user information ends, so all before the last @ goes; behind a query it is no host either.
  const shown = /[?#]/.test(rest.slice(0, hidden))
    ? '…'
    : `${hidden === 0 ? '' : '…@'}${rest.slice(hidden).replace(/[?#][^]*$/, '?…')}`;
  return `${scheme}${shown}`.slice(0, 512).replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
}

function tryParse(raw: string): URL | undefined {
  try {
    return new URL(raw);
  } catch {
    return undefined;
  }
}

function nonCanonical(canonical: string, start: number, authority: string): Verdict {
  return deny('net.host.non-canonical', `The host is an unusual spelling of the address ${canonical}.`, {
    span: [start, start + authority.length],
  });
}
