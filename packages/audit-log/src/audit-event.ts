/** JSON that an event may carry under `ext`. */
export type AuditExtension = Readonly<Record<string, unknown>>;

/** Someone tried to sign in, changed a password, lost a session. These fields exactly; more only under `ext`. */
export interface AuthEvent {
  readonly kind: 'auth_event';
  readonly event: string;
  readonly user_id: string | null;
  readonly ip: string;
  readonly success: boolean;
  readonly detail: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly ext?: AuditExtension;
}

/** Someone opened an agent's secrets. These fields exactly; more only under `ext`. */
export interface VaultAccessEvent {
  readonly kind: 'vault_access';
  readonly agent_id: string;
  readonly ip: string;
  readonly success: boolean;
  readonly detail: string;
  readonly timestamp: string;
  readonly ext?: AuditExtension;
}

/** A policy spoke. */
export interface PolicyDecisionEvent {
  readonly kind: 'policy_decision';
  readonly agent_id: string;
  readonly actor: string;
  readonly tool: string;
  readonly effect: 'allow' | 'deny' | 'ask';
  readonly rule: string;
  readonly reason: string;
  /** Canonical form of what was judged. */
  readonly input: string;
  readonly timestamp: string;
  readonly ext?: AuditExtension;
}

/** Something was changed, started, approved or reached. */
export interface ChangeEvent {
  readonly kind: 'approval' | 'agent_lifecycle' | 'config_change' | 'token_event' | 'pool_event' | 'drill';
  readonly event: string;
  readonly agent_id?: string;
  readonly actor?: string;
  readonly detail?: string;
  readonly timestamp: string;
  readonly ext?: AuditExtension;
}

/** A connection left, or was not let out. */
export interface EgressEvent {
  readonly kind: 'egress';
  readonly agent_id: string;
  readonly purpose: string;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  readonly resolved: readonly string[];
  readonly chosen: string | null;
  readonly effect: 'allow' | 'deny';
  readonly rule: string;
  readonly reason?: string;
  readonly bytes: number;
  readonly ms: number;
  readonly timestamp: string;
  readonly ext?: AuditExtension;
}

/** Everything the audit log takes (CONTRACT section 2, "Audit"). */
export type AuditEvent = AuthEvent | VaultAccessEvent | PolicyDecisionEvent | ChangeEvent | EgressEvent;
