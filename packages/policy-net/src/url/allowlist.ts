import { formatAddress } from '../address/format-address.js';
import { parseAddress } from '../address/parse-address.js';
import { judgeNameSyntax, normaliseName } from './host-name.js';

/** An allowlist in the form that is compared. */
export interface Allowlist {
  /** Whether a host (normalised name or canonical address) and port are listed. */
  has(host: string, port: number): boolean;
}

const anyPort = 0;

/**
 * Compiles allowlist entries: an exact name, a name with one leading `*.` (every name below, not the name itself), or
 * an address, each with an optional `:port`. International names match in both spellings.
 *
 * @throws TypeError naming the entry when it is none of these.
 */
export function compileAllowlist(entries: readonly string[]): Allowlist {
  const exact = new Map<string, Set<number>>();
  const below = new Map<string, Set<number>>();
  entries.forEach((entry, index) => {
    const { host, port, wildcard } = parseEntry(entry, index);
    const table = wildcard ? below : exact;
    const ports = table.get(host) ?? new Set<number>();
    ports.add(port);
    table.set(host, ports);
  });
  const admits = (ports: ReadonlySet<number> | undefined, port: number): boolean =>
    ports !== undefined && (ports.has(anyPort) || ports.has(port));
  return {
    has(host, port) {
      if (admits(exact.get(host), port)) return true;
      if (below.size === 0) return false;
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        if (admits(below.get(host.slice(dot + 1)), port)) return true;
      }
      return false;
    },
  };
}

function parseEntry(entry: unknown, index: number): { host: string; port: number; wildcard: boolean } {
  const fail = (why: string): never => {
    throw new TypeError(`allowlist[${index}]: ${why}${showEntry(entry)}`);
  };
  if (typeof entry !== 'string') return fail('must be a string');
  if (/\s/.test(entry)) return fail('must not have white space in it');
  const parts = /^(\*\.)?(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(entry);
  const bare = parts === null ? parseAddress(entry) : undefined;
  if (bare !== undefined) return { host: formatAddress(bare), port: anyPort, wildcard: false };
  if (parts === null)
    return fail('must be a name, *.name or address, with an optional :port and nothing else');
  const [, star, rawHost = '', rawPort] = parts;
  const port = rawPort === undefined ? anyPort : Number(rawPort);
  if (rawPort !== undefined && (port < 1 || port > 65_535)) return fail('the port must lie in 1 to 65535');
  const address = parseAddress(rawHost.replace(/^\[|\]$/g, ''));
  if (address !== undefined) {
    if (star !== undefined) return fail('an address cannot have a wildcard');
    return { host: formatAddress(address), port, wildcard: false };
  }
  const host = normaliseName(rawHost);
  if (rawHost.startsWith('[') || judgeNameSyntax(host) !== undefined) return fail('names no valid host');
  return { host, port, wildcard: star !== undefined };
}

/** What is no host may be a URL with a password in it: it is not shown. */
function showEntry(entry: unknown): string {
  return typeof entry === 'string' && /^[\w.*:[\]-]{1,80}$/.test(entry) ? ` (${JSON.stringify(entry)})` : '';
}
