import { METADATA_ADDRESSES } from './metadata-addresses.js';
import { parseAddress, parseIPv4, parseIPv6, type IpAddress, type IPv6Groups } from './parse-address.js';
import { IPV4_SPECIAL_PURPOSE, IPV6_SPECIAL_PURPOSE } from './special-purpose-registry.js';
import {
  OTHER_IPV4_RANGES,
  OTHER_IPV6_RANGES,
  type AddressKind,
  type SpecialRange,
} from './special-range.js';

/** What an address is when it is not an ordinary public destination. */
export interface SpecialAddress {
  /** Why it is special. */
  readonly kind: AddressKind;
  /** Name and reference of the range, for people. */
  readonly name: string;
  /** The IPv4 address inside, for forms of IPv6 that carry one. */
  readonly carried?: number;
}

interface IPv4Range {
  readonly first: number;
  readonly last: number;
  readonly special: SpecialAddress;
}

interface IPv6Range {
  readonly groups: IPv6Groups;
  readonly prefix: number;
  readonly special: SpecialAddress;
}

function prefixOf(block: string): readonly [address: string, prefix: number] {
  const [address = '', prefix = ''] = block.split('/');
  return [address, Number(prefix)];
}

// Narrow blocks first, so that the most specific name is given: all of them are refused alike.
const byPrefix = (ranges: readonly SpecialRange[]): SpecialRange[] =>
  [...ranges].sort(([a], [b]) => prefixOf(b)[1] - prefixOf(a)[1]);

const ipv4Ranges: readonly IPv4Range[] = byPrefix([...IPV4_SPECIAL_PURPOSE, ...OTHER_IPV4_RANGES]).map(
  ([block, kind, name]) => {
    const [address, prefix] = prefixOf(block);
    const first = parseIPv4(address);
    return { first, last: first + 2 ** (32 - prefix) - 1, special: { kind, name } };
  },
);

/** The ranges that touch each first octet: most octets have none, which makes the common case one array read. */
const ipv4ByOctet: readonly (readonly IPv4Range[])[] = Array.from({ length: 256 }, (_, octet) =>
  ipv4Ranges.filter((range) => range.first >>> 24 <= octet && octet <= Math.floor(range.last / 2 ** 24)),
);

const ipv6Ranges: readonly IPv6Range[] = byPrefix([...IPV6_SPECIAL_PURPOSE, ...OTHER_IPV6_RANGES]).map(
  ([block, kind, name]) => {
    const [address, prefix] = prefixOf(block);
    return { groups: parseIPv6(address) ?? [], prefix, special: { kind, name } };
  },
);

const inGlobalUnicast = (firstGroup: number): boolean => firstGroup >>> 13 === 1;

/** Ranges inside 2000::/3 by first group; everything outside 2000::/3 is refused anyway and only named by a range. */
const ipv6ByGroup = new Map<number, IPv6Range[]>();
for (const range of ipv6Ranges) {
  const first = range.groups[0] ?? 0;
  if (!inGlobalUnicast(first)) continue;
  const sameGroup = ipv6ByGroup.get(first);
  if (sameGroup === undefined) ipv6ByGroup.set(first, [range]);
  else sameGroup.push(range);
}

const unallocated: SpecialAddress = {
  kind: 'unallocated',
  name: 'outside the global unicast space 2000::/3 [RFC4291]',
};
const isatap = 'ISATAP [RFC5214]';

const metadataIPv4 = new Map<number, SpecialAddress>();
const metadataIPv6 = new Map<string, SpecialAddress>();
for (const [text, name] of METADATA_ADDRESSES) {
  const address = parseAddress(text);
  if (address?.family === 4) metadataIPv4.set(address.value, { kind: 'metadata', name });
  if (address?.family === 6) metadataIPv6.set(address.groups.join(), { kind: 'metadata', name });
}

/** Gives why an IPv4 address is no ordinary public destination, or `undefined` when it is one. */
export function classifyIPv4(value: number): SpecialAddress | undefined {
  for (const range of ipv4ByOctet[value >>> 24] ?? []) {
    if (value >= range.first && value <= range.last) return metadataIPv4.get(value) ?? range.special;
  }
  return metadataIPv4.get(value);
}

/** Gives why an IPv6 address is no ordinary public destination, or `undefined` when it is one. */
export function classifyIPv6(groups: IPv6Groups): SpecialAddress | undefined {
  const first = groups[0] ?? 0;
  // The interface identifier 0000:5efe or 0200:5efe marks ISATAP under any prefix; masked are the u and g bits.
  if (groups[5] === 0x5efe && ((groups[4] ?? 0) & 0xfcff) === 0) {
    return { kind: 'isatap', name: isatap, carried: ipv4At(groups, 6) };
  }
  if (!inGlobalUnicast(first)) {
    const metadata = metadataIPv6.get(groups.join());
    if (metadata) return metadata;
    const range = ipv6Ranges.find((candidate) => contains(candidate, groups));
    return range === undefined ? unallocated : withCarried(range.special, groups);
  }
  const candidates = ipv6ByGroup.get(first);
  if (candidates === undefined) return undefined;
  const range = candidates.find((candidate) => contains(candidate, groups));
  return range && withCarried(range.special, groups);
}

/** Gives why an address is no ordinary public destination, or `undefined` when it is one. */
export function classifyAddress(address: IpAddress): SpecialAddress | undefined {
  return address.family === 4 ? classifyIPv4(address.value) : classifyIPv6(address.groups);
}

function contains(range: IPv6Range, groups: IPv6Groups): boolean {
  const whole = range.prefix >>> 4;
  for (let i = 0; i < whole; i += 1) if (groups[i] !== range.groups[i]) return false;
  const rest = range.prefix & 15;
  if (rest === 0) return true;
  const shift = 16 - rest;
  return (groups[whole] ?? 0) >>> shift === (range.groups[whole] ?? 0) >>> shift;
}

function ipv4At(groups: IPv6Groups, index: number): number {
  return (groups[index] ?? 0) * 0x10000 + (groups[index + 1] ?? 0);
}

function withCarried(special: SpecialAddress, groups: IPv6Groups): SpecialAddress {
  switch (special.kind) {
    case 'ipv4-mapped':
    case 'ipv4-compatible':
    case 'ipv4-translated':
    case 'nat64':
      return { ...special, carried: ipv4At(groups, 6) };
    case '6to4':
      return { ...special, carried: ipv4At(groups, 1) };
    case 'teredo':
      // The client's address is stored with all bits inverted (RFC 4380 section 4).
      return { ...special, carried: ~ipv4At(groups, 6) >>> 0 };
    default:
      return special;
  }
}
