/**
 * Gives a short, stable identifier of a policy configuration: the first 16 hex digits of the SHA-256 of its
 * canonical JSON (object keys sorted, after RFC 8785), so that equal configurations give equal digests.
 *
 * @throws TypeError when the configuration holds something JSON cannot carry (a function, a symbol, a bigint).
 */
export function policyDigest(configuration: unknown): string {
  // Loaded by the first digest: it takes a fifth of the time that a policy package may take to import (decision 0090).
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(canonicalJson(configuration)).digest('hex').slice(0, 16);
}

/**
 * Gives the canonical JSON text of a plain value: keys sorted by UTF-16 code unit, no white space (RFC 8785).
 * `undefined` members are left out, as in `JSON.stringify`.
 *
 * @throws TypeError for functions, symbols, bigints and non-finite numbers.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('canonical JSON cannot carry a non-finite number');
      return JSON.stringify(value);
    case 'object':
      break;
    default:
      throw new TypeError(`canonical JSON cannot carry a ${typeof value}`);
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    return `[${value.map((item) => (item === undefined ? 'null' : canonicalJson(item))).join(',')}]`;
  }
  const record = value as Record<string, unknown>;
  const members = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
  return `{${members.join(',')}}`;
}
