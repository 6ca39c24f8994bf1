import { parseAddress, type IpAddress } from './address/parse-address.js';

/** Gives an array option, empty when absent. @throws TypeError naming the option. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array`);
  return value as readonly unknown[];
}

/** Gives an object option. @throws TypeError naming the option. */
export function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

/** Gives a port. @throws TypeError naming the option. */
export function portAt(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new TypeError(`${name} must be an integer from 1 to 65535`);
  }
  return value;
}

/** Gives an address literal. @throws TypeError naming the option. */
export function literalAt(value: unknown, name: string): IpAddress {
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  if (address === undefined) throw new TypeError(`${name} must be an IPv4 or IPv6 address`);
  return address;
}

/** Gives a flag, false when absent. @throws TypeError naming the option. */
export function flagAt(value: unknown, name: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean`);
  return value ?? false;
}
