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

/** A local time of a form field, as the API wants it. */
function timeOf(local: string | undefined): string | undefined {
  if (!local) return undefined;
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
