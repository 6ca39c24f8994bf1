import type { AuditEvent } from './audit-event.js';
import { AuditLogError } from './audit-log-error.js';

type FieldRule =
  'text' | 'text?' | 'text|null' | 'texts' | 'flag' | 'number' | 'effect' | 'verdict' | 'instant';

const change = {
  event: 'text',
  agent_id: 'text?',
  actor: 'text?',
  detail: 'text?',
  timestamp: 'instant',
} as const;

/** The fields of each kind, besides `kind` and `ext` (CONTRACT section 2, "Audit"): these exactly. */
const FIELDS = {
  auth_event: {
    event: 'text',
    user_id: 'text|null',
    ip: 'text',
    success: 'flag',
    detail: 'text',
    timestamp: 'instant',
  },
  vault_access: { agent_id: 'text', ip: 'text', success: 'flag', detail: 'text', timestamp: 'instant' },
  policy_decision: {
    agent_id: 'text',
    actor: 'text',
    tool: 'text',
    effect: 'verdict',
    rule: 'text',
    reason: 'text',
    input: 'text',
    timestamp: 'instant',
  },
  egress: {
    agent_id: 'text',
    purpose: 'text',
    method: 'text',
    host: 'text',
    port: 'number',
    resolved: 'texts',
    chosen: 'text|null',
    effect: 'effect',
    rule: 'text',
    reason: 'text?',
    bytes: 'number',
    ms: 'number',
    timestamp: 'instant',
  },
  approval: change,
  agent_lifecycle: change,
  config_change: change,
  token_event: change,
  pool_event: change,
  drill: change,
} as const satisfies Record<AuditEvent['kind'], Record<string, FieldRule>>;

/** The kinds of events. */
export const AUDIT_KINDS: readonly AuditEvent['kind'][] = Object.freeze(
  Object.keys(FIELDS) as AuditEvent['kind'][],
);

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

const RULES: Readonly<Record<FieldRule, (value: unknown) => boolean>> = {
  text: isText,
  'text?': (value) => value === undefined || isText(value),
  'text|null': (value) => value === null || isText(value),
  texts: (value) => Array.isArray(value) && value.every(isText),
  flag: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  effect: (value) => value === 'allow' || value === 'deny',
  verdict: (value) => value === 'allow' || value === 'deny' || value === 'ask',
  instant: (value) => isText(value) && INSTANT.test(value) && !Number.isNaN(Date.parse(value)),
};

/**
 * Throws when the log would refuse the event, so that a queue can refuse it at its door instead of failing a whole batch
 * later. @throws AuditLogError EVENT_INVALID with the name of the field, never with its value
 */
export function checkAuditEvent(event: unknown): asserts event is AuditEvent {
  if (typeof event !== 'object' || event === null) throw invalid('The event is not an object.');
  const { kind, ext, ...rest } = event as { kind?: unknown; ext?: unknown } & Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) throw invalid('The event has no known kind.');
  const fields: Readonly<Record<string, FieldRule>> = FIELDS[kind as AuditEvent['kind']];
  for (const [name, rule] of Object.entries(fields)) {
    if (!RULES[rule](rest[name])) {
      throw invalid(
        rule === 'instant'
          ? `The event has no ISO 8601 ${name} with a time zone.`
          : `Field ${name} of a ${kind} is missing or of another type.`,
      );
    }
  }
  const unknown = Object.keys(rest).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    throw invalid(`A ${kind} has no field ${JSON.stringify(unknown.slice(0, 64))}; more goes under ext.`);
  }
  if (ext !== undefined && (typeof ext !== 'object' || ext === null || Array.isArray(ext))) {
    throw invalid('ext is not an object.');
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function invalid(message: string): AuditLogError {
  return new AuditLogError('EVENT_INVALID', message);
}
