/** An address as integers: 32 bits for IPv4, eight groups of 16 bits for IPv6. */
export type IpAddress = (
  { readonly family: 4; readonly value: number } | { readonly family: 6; readonly groups: IPv6Groups }
) & {
  /** The canonical spelling, where parsing has shown that the text had it. */
  readonly canonical?: string;
};

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
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === 0x3a) {
    if (text.charCodeAt(1) !== 0x3a) return undefined;
    gap = 0;
    i = 2;
  }
  while (i < length) {
    if (count === 8) return undefined;
    const start = i;
    let value = 0;
    let code = 0;
    for (; i < length; i += 1) {
      code = text.charCodeAt(i);
      const digit = hexDigits[code] ?? -1;
      if (digit < 0) break;
      value = (value << 4) | digit;
      if (i - start > 3) return undefined;
    }
    if (i < length && code === 0x2e) {
      const tail = count <= 6 ? parseIPv4(text, start) : -1;
      if (tail < 0) return undefined;
      groups[count] = tail >>> 16;
      groups[count + 1] = tail & 0xffff;
      count += 2;
      break;
    }
    if (i === start) return undefined;
    groups[count] = value;
    count += 1;
    if (i === length) break;
    if (code !== 0x3a) return undefined;
    i += 1;
    if (i < length && text.charCodeAt(i) === 0x3a) {
      if (gap >= 0) return undefined;
      gap = count;
      i += 1;
    } else if (i === length) return undefined;
  }
  if (gap < 0) return count === 8 ? groups : undefined;
  if (count === 8) return undefined;
  // What stands behind the gap moves to the end.
  groups.copyWithin(8 - (count - gap), gap, count);
  return groups.fill(0, gap, 8 - (count - gap));
}

/** Gives the integers of an IPv4 or IPv6 address, or `undefined` when the text is no address. */
export function parseAddress(text: string): IpAddress | undefined {
  const value = parseIPv4(text);
  // There is one spelling only that is accepted.
  if (value >= 0) return { family: 4, value, canonical: text };
  const groups = parseIPv6(text);
  if (groups === undefined) return undefined;
  return plainIPv6.test(text) ? { family: 6, groups, canonical: text } : { family: 6, groups };
}

/** Eight groups in RFC 5952's spelling, none of them zero, so that nothing could be shortened. */
const plainIPv6 = /^(?:[1-9a-f][0-9a-f]{0,3}:){7}[1-9a-f][0-9a-f]{0,3}$/;

/** The value of each character that is a hexadecimal digit, -1 for the others. */
const hexDigits = Int8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});
