import type { IpAddress, IPv6Groups } from './parse-address.js';

/** Gives the dotted decimal spelling of an unsigned 32-bit IPv4 value. */
export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Gives the spelling of RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`. */
export function formatIPv6(groups: IPv6Groups): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
    if (end > start) start = end;
  }
  let text = '';
  for (let i = 0; i < 8; i += 1) {
    if (i === bestStart) {
      text += '::';
      i += bestLength - 1;
      continue;
    }
    if (i > 0 && i !== bestStart + bestLength) text += ':';
    text += (groups[i] ?? 0).toString(16);
  }
  return text;
}

/** Gives the canonical spelling of an address. */
export function formatAddress(address: IpAddress): string {
  return address.canonical ?? (address.family === 4 ? formatIPv4(address.value) : formatIPv6(address.groups));
}
