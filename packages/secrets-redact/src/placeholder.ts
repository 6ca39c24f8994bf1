import { createHmac, type KeyObject } from 'node:crypto';
import type { Json } from './json.js';

// ASCII, so that it survives headers and forms; a word of its own, so that a person or a model does not take it for a value.
const PREFIX = '<clawforce-secret:';
const SUFFIX = '>';
// Also without its bracket or escaped for HTML and URLs: stored as a value, that would silently lose a secret.
const TRACE = /<clawforce-secret|clawforce-secret(?::|%3a)[\w-]{8}/i;

/**
 * Tells whether a text holds a placeholder or what is left of one, for writers that know no schema (files, imports) and
 * should refuse it.
 */
export function hasPlaceholder(text: string): boolean {
  return TRACE.test(text);
}

/**
 * Gives the placeholder of a secret: a keyed digest of the configuration and the secret's stable id, or without an id of
 * its value. It tells nothing about the secret, moves with it, and fits no other configuration
 * (research/secrets section 6).
 */
export function placeholderOf(
  key: KeyObject,
  configId: string,
  secret: { id: string } | { value: Json },
): string {
  const parts = 'id' in secret ? ['id', configId, secret.id] : ['value', configId, canonical(secret.value)];
  const digest = createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
  return `${PREFIX}${digest.slice(0, 26)}${SUFFIX}`;
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
