import type { AuditEvent } from './audit-event.js';
import { cleanText } from './clean-text.js';
import { checkAuditEvent } from './event-fields.js';

/** About how many characters of `ext` are kept; what does not fit is replaced by a mark. */
export const MAX_EXT = 32_768;
const MAX_DEPTH = 8;
const MAX_MEMBERS = 200;

/**
 * Gives the event as it is stored: its own fields exactly, control characters spelled out, long texts cut with a mark,
 * and under `ext` nothing that JSON cannot carry. @throws AuditLogError EVENT_INVALID
 */
export function cleanEvent(event: AuditEvent): AuditEvent {
  checkAuditEvent(event);
  const budget = { left: MAX_EXT };
  const fields = Object.entries(event as unknown as Readonly<Record<string, unknown>>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, name === 'ext' ? cleanJson(value, 0, budget) : cleanField(value)]);
  return Object.fromEntries(fields) as AuditEvent;
}

function cleanField(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (!Array.isArray(value)) return value;
  const texts = (value as readonly string[]).slice(0, MAX_MEMBERS).map(cleanText);
  return value.length > MAX_MEMBERS ? [...texts, leftOut(value.length - MAX_MEMBERS)] : texts;
}

function cleanJson(value: unknown, depth: number, budget: { left: number }): unknown {
  if (budget.left <= 0) return '(cut)';
  const scalar = cleanScalar(value);
  budget.left -= typeof scalar === 'string' ? scalar.length + 2 : 8;
  if (scalar !== undefined || typeof value !== 'object' || value === null) return scalar;
  if (depth >= MAX_DEPTH) return '(nested too deep)';
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value as readonly unknown[]) {
      if (items.length >= MAX_MEMBERS || budget.left <= 0) {
        items.push(leftOut(value.length - items.length));
        break;
      }
      items.push(cleanJson(item, depth + 1, budget) ?? null);
    }
    return items;
  }
  const members = new Map<string, unknown>();
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  for (const [index, [name, member]] of entries.entries()) {
    if (index >= MAX_MEMBERS || budget.left <= 0) {
      members.set('…', leftOut(entries.length - index));
      break;
    }
    const key = cleanText(name);
    budget.left -= key.length;
    members.set(key, cleanJson(member, depth + 1, budget));
  }
  // A member named `__proto__` becomes a member of its own, not a prototype.
  return Object.fromEntries(members);
}

/** Gives what is stored for anything but plain objects, arrays and `undefined`. */
function cleanScalar(value: unknown): string | number | boolean | null | undefined {
  switch (typeof value) {
    case 'string':
      return cleanText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return `(${typeof value})`;
    case 'undefined':
      return undefined;
    default:
      break;
  }
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return cleanText(`${value.name}: ${value.message}`);
  if (Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  return isPlain ? undefined : cleanText(`(${Object.prototype.toString.call(value)})`);
}

function leftOut(count: number): string {
  return `(${count} more left out)`;
}
