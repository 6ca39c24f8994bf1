/** An address as integers: 32 bits for IPv4, eight groups of 16 bits for IPv6. */
export type IpAddress =
  { readonly family: 4; readonly value: number } | { readonly family: 6; readonly groups: IPv6Groups };

/** The eight 16-bit groups of an IPv6 address, most significant first. */
export type IPv6Groups = readonly number[];

/**
 * Gives the unsigned 32-bit value of an IPv4 address in its one canonical spelling (four decimal octets, no leading
 * zeros), or -1 for everything else: octal, hex and short spellings are how filters are fooled (RFC 6943 section 3.1.1).
 */
export function parseIPv4(text: string, start = 0, end: number = text.length): number {
  if (end - start < 7 || end - start > 15) return -1;
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (octet < 0 || dots === 3) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots += 1;
    } else if (code >= 0x30 && code <= 0x39) {
      if (octet === 0) return -1;
      octet = octet < 0 ? code - 0x30 : octet * 10 + code - 0x30;
      if (octet > 255) return -1;
    } else return -1;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

/**
 * Gives the eight groups of an IPv6 address in any spelling of RFC 4291 section 2.2 (also with a dotted IPv4 tail),
 * or `undefined`. Brackets and zone ids are not part of an address and are not accepted.
 */
export function parseIPv6(text: string): IPv6Groups | undefined {
  const length = text.length;
  if (length < 2 || length > 45) return undefined;
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === 0x3a) {
    if (text.charCodeAt(1) !== 0x3a) return undefined;
    gap = 0;
    i = 2;
  }
  while (i < length) {
    if (groups.length === 8) return undefined;
    const start = i;
    let value = 0;
    let code = 0;
    for (; i < length; i += 1) {
      code = text.charCodeAt(i);
      const digit = hexDigit(code);
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (i < length && code === 0x2e) {
      const tail = groups.length <= 6 ? parseIPv4(text, start) : -1;
      if (tail < 0) return undefined;
      groups.push(tail >>> 16, tail & 0xffff);
      break;
    }
    if (i === start || i - start > 4) return undefined;
    groups.push(value);
    if (i === length) break;
    if (code !== 0x3a) return undefined;
    i += 1;
    if (i < length && text.charCodeAt(i) === 0x3a) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      i += 1;
    } else if (i === length) return undefined;
  }
  if (gap < 0) return groups.length === 8 ? groups : undefined;
  if (groups.length === 8) return undefined;
  while (groups.length < 8) groups.splice(gap, 0, 0);
  return groups;
}

/** Gives the integers of an IPv4 or IPv6 address, or `undefined` when the text is no address. */
export function parseAddress(text: string): IpAddress | undefined {
  const value = parseIPv4(text);
  if (value >= 0) return { family: 4, value };
  const groups = parseIPv6(text);
  return groups && { family: 6, groups };
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
