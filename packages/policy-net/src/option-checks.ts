import { parseAddress, type IpAddress } from './address/parse-address.js';

/** Gives an array option, empty when absent. @throws TypeError naming the option. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array`);
  return value as readonly unknown[];
}

/** Gives an object option, which is no list and no map. @throws TypeError naming the option. */
export function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    throw new TypeError(`${name} must be an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/**
 * Gives the members that an object option has itself, without a prototype: what somebody has put on `Object.prototype`
 * is no option.
 *
 * @throws TypeError naming the option, or its member that is not among `known`.
 */
export function membersAt(
  value: unknown,
  name: string,
  known: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const given = objectAt(value, name);
  const own: Record<string, unknown> = { __proto__: null };
  for (const key of Object.getOwnPropertyNames(given)) {
    if (!known.has(key)) {
      throw new TypeError(name === 'options' ? `unknown option "${key}"` : `${name}.${key} is unknown`);
    }
    own[key] = given[key];
  }
  return own;
}

/** Gives a function, or nothing when absent. @throws TypeError naming the option. */
export function functionAt<T>(value: T, name: string): T {
  if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name} must be a function`);
  return value;
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
