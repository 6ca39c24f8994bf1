import { AUDIT_KINDS, type AuditEvent } from './audit-event.js';
import { AuditLogError } from './audit-log-error.js';

/** Longest text of one field in characters; a longer one is cut and says so. */
export const MAX_TEXT = 4096;
const MAX_DEPTH = 8;
const MAX_MEMBERS = 200;

// Line breaks, terminal sequences and text that changes direction have no place in a log line (CWE-117).
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Gives the event as it is stored: control characters spelled out, long texts cut at {@link MAX_TEXT} with a mark,
 * nothing that JSON cannot carry. @throws AuditLogError EVENT_INVALID
 */
export function cleanEvent(event: AuditEvent): AuditEvent {
  const { kind, timestamp } = event as { kind?: unknown; timestamp?: unknown };
  if (!AUDIT_KINDS.includes(kind as AuditEvent['kind'])) {
    throw new AuditLogError('EVENT_INVALID', 'The event has no known kind.');
  }
  if (typeof timestamp !== 'string' || Number.isNaN(Date.parse(timestamp))) {
    throw new AuditLogError('EVENT_INVALID', 'The event has no ISO 8601 timestamp.');
  }
  return clean(event, 0) as AuditEvent;
}

function clean(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return cleanText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth >= MAX_DEPTH) return '(nested too deep)';
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map((item) => clean(item, depth + 1) ?? null);
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_MEMBERS)
      .map(([key, member]) => [cleanText(key), clean(member, depth + 1)] as const)
      .filter(([, member]) => member !== undefined),
  );
}

function cleanText(text: string): string {
  const cut =
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…(${text.length - MAX_TEXT} more characters)` : text;
  return cut
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
