import { parseUrl } from '../url/parse-url.js';
import { deny, type Verdict } from '../verdict.js';

/** Where a request to the proxy is to go. */
export interface ProxyTarget {
  /** What the policy judges. */
  readonly url: string;
  /** Normalised name, or canonical address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Host and port as they stand in a Host header. */
  readonly authority: string;
  /** Path and query of a forwarded request as the client wrote them; empty for a tunnel. */
  readonly path: string;
}

const authorityForm = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,254}):[1-9][0-9]{0,4}$/;

/**
 * Reads the target of CONNECT: exactly one host and one decimal port (RFC 9110 section 9.3.6), so that no two readers
 * can see different hosts in it. Nothing is looked up.
 */
export function readAuthority(raw: string): ProxyTarget | Verdict {
  const port = Number(raw.slice(raw.lastIndexOf(':') + 1));
  if (!authorityForm.test(raw) || port > 65_535) {
    return deny('net.proxy.malformed', 'The target of CONNECT is no host:port.');
  }
  const url = `https://${raw}/`;
  const parsed = parseUrl(url);
  if ('rule' in parsed) return parsed;
  return { url, host: parsed.host, port: parsed.port, authority: raw.toLowerCase(), path: '' };
}

/** Reads the target of a request that is to be forwarded: an absolute http URL. */
export function readAbsolute(raw: string): ProxyTarget | Verdict {
  if (/^https:/i.test(raw)) {
    return deny('net.proxy.malformed', 'https goes through CONNECT; the proxy does not speak TLS.');
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(raw)) {
    return deny('net.proxy.malformed', 'The request names no absolute URL: this is a proxy, not a server.');
  }
  const parsed = parseUrl(raw);
  if ('rule' in parsed) return parsed;
  const { url, scheme, host, port } = parsed;
  if (scheme !== 'http') return deny('net.scheme.denied', `"${scheme}" is not forwarded.`);
  // RFC 9110 section 7.7: the proxy leaves path and query as they are, but for an empty path.
  const [, rest = ''] = /^[^/]*\/\/[^/?#]*([^#]*)/.exec(raw) ?? [];
  return { url: raw, host, port, authority: url.host, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/**
 * Reads the target of a request of plain HTTP inside a tunnel, which is a path: whatever its Host says, it goes to the
 * target of the tunnel.
 */
export function readInTunnel(raw: string, authority: string): ProxyTarget | Verdict {
  return raw.startsWith('/')
    ? readAbsolute(`http://${authority}${raw}`)
    : deny('net.proxy.malformed', 'A request inside a tunnel names a path on its target.');
}
