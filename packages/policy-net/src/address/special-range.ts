/** Why an address is not an ordinary public destination; each kind has a rule `net.address.<kind>`. */
export type AddressKind =
  | 'this-network'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'
  | 'broadcast'
  | 'multicast'
  | 'discard'
  | 'special-service'
  | 'site-local'
  | 'unallocated'
  | 'ipv4-mapped'
  | 'ipv4-compatible'
  | 'ipv4-translated'
  | 'nat64'
  | '6to4'
  | 'teredo'
  | 'isatap'
  | 'metadata';

/** A block in CIDR notation, its kind, and its name with the document that reserves it. */
export type SpecialRange = readonly [block: string, kind: AddressKind, name: string];

/** Blocks that are no ordinary destinations although the special-purpose registries do not list them. */
export const OTHER_IPV4_RANGES: readonly SpecialRange[] = [
  ['224.0.0.0/4', 'multicast', 'Multicast [RFC5771]'],
];

/** Blocks that are no ordinary destinations although the special-purpose registries do not list them. */
export const OTHER_IPV6_RANGES: readonly SpecialRange[] = [
  ['::/96', 'ipv4-compatible', 'IPv4-compatible Address, deprecated [RFC4291], Section 2.5.5.1'],
  ['::ffff:0:0:0/96', 'ipv4-translated', 'IPv4-translated Address [RFC2765]'],
  ['fec0::/10', 'site-local', 'Site-Local Unicast, deprecated [RFC3879]'],
  ['ff00::/8', 'multicast', 'Multicast [RFC4291]'],
];
