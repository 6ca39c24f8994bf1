import { ApiError } from '../errors/api-error.js';

const MAX_DEPTH = 32;
const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Refuses JSON that is nested deeper than 32 levels or has keys that reach for prototypes
 * (research/auth-checklist F3). @throws ApiError BAD_REQUEST
 */
export function assertPlainJson(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH)
    throw new ApiError('BAD_REQUEST', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  if (Array.isArray(value)) {
    for (const item of value) assertPlainJson(item, depth + 1);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (REFUSED_KEYS.has(key)) throw new ApiError('BAD_REQUEST', `The key "${key}" is not allowed.`);
    assertPlainJson(member, depth + 1);
  }
}
