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
