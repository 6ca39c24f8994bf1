import type { FieldIssue } from '../api/api-failure.js';
import { QUERY_SCHEMAS } from '../api/generated/query-schemas.js';
import { schemaIssues } from '../api/json-schema.js';

/** What a reader of the audit log looks for, as it stands in the address. */
export interface AuditSearch {
  readonly kind?: string;
  readonly agent?: string;
  readonly actor?: string;
  readonly effect?: string;
  readonly rule?: string;
  readonly since?: string;
  readonly until?: string;
}

/** Kinds of rows (CONTRACT section 2). */
export const AUDIT_KINDS = [
  'policy_decision',
  'auth_event',
  'vault_access',
  'approval',
  'agent_lifecycle',
  'config_change',
  'token_event',
  'pool_event',
  'egress',
  'drill',
] as const;

type Effect = 'allow' | 'deny' | 'ask';

/** Query parameters of the API for a search; parts that are empty or unknown are left out. */
export function auditQueryOf(search: AuditSearch): {
  kind?: string;
  agent_id?: string;
  actor?: string;
  effect?: Effect;
  rule?: string;
  since?: string;
  until?: string;
} {
  const { kind, agent, actor, effect, rule } = search;
  const since = timeOf(search.since);
  const until = timeOf(search.until);
  return {
    ...(kind ? { kind } : {}),
    ...(agent ? { agent_id: agent } : {}),
    ...(actor?.trim() ? { actor: actor.trim() } : {}),
    ...(effect === 'allow' || effect === 'deny' || effect === 'ask' ? { effect } : {}),
    ...(rule ? { rule } : {}),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  };
}

/** What is wrong with a search by what the OpenAPI document and the server say of a query, at the query's parameters. */
export function auditIssues(search: AuditSearch): readonly FieldIssue[] {
  const { since, until } = search;
  const times = Object.entries({ since, until }).filter(([, time]) => time && timeOf(time) === undefined);
  return [
    ...times.map(([name]) => ({ pointer: `/${name}`, message: 'Must be a time, as ISO 8601 has it.' })),
    ...schemaIssues(QUERY_SCHEMAS['GET /api/audit'] ?? {}, auditQueryOf(search)),
  ];
}

/** Gives the time of an address, which is the same moment for everybody, as a form field has it: where the reader is. */
export function localTimeOf(time: string | undefined): string {
  const read = time === undefined ? undefined : timeOf(time);
  if (read === undefined) return '';
  const at = new Date(read);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = [String(at.getFullYear()).padStart(4, '0'), two(at.getMonth() + 1), two(at.getDate())].join(
    '-',
  );
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Gives the time of a form field, which is where the reader is, as the address has it. */
export function addressTimeOf(local: string): string {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? local : time.toISOString();
}

/** A time of the address, as the API wants it. Without a zone it is UTC: a link means the same everywhere. */
function timeOf(text: string | undefined): string | undefined {
  if (!text || !/^\d{4}-\d\d-\d\d(?:T|$)/.test(text)) return undefined;
  const time = new Date(/T[\d:.]*$/.test(text) ? `${text}Z` : text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
