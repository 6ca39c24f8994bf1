import { createHash } from 'node:crypto';
import type { WorkerSpec } from './agent-pool.js';

function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => [key, canonical(member)]);
}

/**
 * Gives the SHA-256, in hex, of everything a specification asks for except its generation: two starts of an
 * unchanged agent have the same hash, and a changed setting has another one. The order of keys does not matter.
 */
export function specHash(spec: WorkerSpec): string {
  const { generation: _generation, ...asked } = spec;
  return createHash('sha256')
    .update(JSON.stringify(canonical(asked)))
    .digest('hex');
}
