import { domainToASCII } from 'node:url';
import { METADATA_NAMES } from '../address/metadata-addresses.js';
import { deny, type Verdict } from '../verdict.js';

/**
 * Suffixes that never lead to a public service: the special-use domain names of IANA (RFC 6761 and followers), `.arpa`,
 * names that ICANN keeps for private use (`.internal`) or defers for collisions, and the habits of container hosts.
 */
const RESERVED_SUFFIXES: ReadonlySet<string> = new Set([
  'alt',
  'arpa',
  'cluster',
  'consul',
  'corp',
  'docker',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localdomain4',
  'localdomain6',
  'localhost',
  'localhost4',
  'localhost6',
  'onion',
  'private',
  'svc',
  'test',
]);

const reservedSingleLabels = /^(?:localhost|ip6-|localhost[46]$)/;
const plainName = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const notInNames = /[\u0000-\u0020\u007f/\\?#@:%[\]]/;
const topLabel = /(?:^|\.)(?:[a-z][a-z0-9-]*)$/;
const metadataNames: ReadonlySet<string> = new Set(METADATA_NAMES);

/** Gives a name as it is compared: ASCII (UTS 46), lower case, one trailing dot removed; empty when it is no name. */
export function normaliseName(name: string): string {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  // What follows xn-- has to be Punycode (RFC 5891 section 5.4), or no URL can have that name.
  if (plainName.test(plain) && !plain.includes('xn--')) return plain;
  // Node's domainToASCII stops at the first character that ends a host in a URL; such a text is no name.
  return notInNames.test(plain) ? '' : domainToASCII(plain);
}

/** Gives the refusal of a host that can be no DNS name, or `undefined`. Takes a name as `normaliseName` gives it. */
export function judgeNameSyntax(name: string): Verdict | undefined {
  if (name.length > 253 || !plainName.test(name)) {
    return deny('net.host.syntax', 'The host is no valid DNS name.');
  }
  if (!topLabel.test(name)) {
    return deny('net.host.non-canonical', 'The host ends in a number but is no canonical address.');
  }
  return undefined;
}

/** Tells whether the name is that of a cloud metadata service or below one. */
export function isMetadataName(name: string): boolean {
  for (let rest = name; ; rest = rest.slice(rest.indexOf('.') + 1)) {
    if (metadataNames.has(rest)) return rest === name || rest.includes('.');
    if (!rest.includes('.')) return false;
  }
}

/** Gives the refusal of a reserved or internal name, or `undefined`. */
export function judgeReservedName(name: string): Verdict | undefined {
  const lastDot = name.lastIndexOf('.');
  if (lastDot < 0) {
    return reservedSingleLabels.test(name)
      ? deny('net.name.reserved', `"${name}" names this host itself.`)
      : deny(
          'net.name.single-label',
          `"${name}" is a name of one label, which only internal networks resolve.`,
        );
  }
  const suffix = name.slice(lastDot + 1);
  return RESERVED_SUFFIXES.has(suffix)
    ? deny('net.name.reserved', `".${suffix}" is reserved for internal or special use.`)
    : undefined;
}
