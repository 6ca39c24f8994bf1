import type { AgentVisibility } from '../agents/agent-store.js';
import type { Page, PageRequest } from '../page/page.js';

/** An audit row as the API lists it. */
export interface AuditRecord {
  readonly seq: number;
  readonly time: Date;
  readonly kind: string;
  readonly agentId: string | null;
  readonly actorId: string | null;
  readonly effect: string | null;
  readonly rule: string | null;
  /** The event as it was hashed. */
  readonly event: unknown;
  readonly prevHash: string;
  readonly hash: string;
}

/** What a reader of the audit log may ask for. */
export interface AuditFilter extends PageRequest {
  readonly kind?: string;
  readonly agentId?: string;
  readonly actorId?: string;
  /** Any of these ids; null stands for rows that name no actor. */
  readonly actorIds?: readonly (string | null)[];
  readonly effect?: string;
  readonly rule?: string;
  /** Not before. */
  readonly since?: Date;
  /** Before. */
  readonly until?: Date;
}

/** What the audit log has of the latest refusal of an agent. */
export interface AuditedRefusal {
  /** ISO 8601. */
  readonly time: string;
  readonly tool: string;
  readonly effect: 'deny' | 'ask';
  readonly layer: string;
  readonly rule: string;
  readonly reason: string;
  readonly hint?: string;
}

/** Reads of the audit log; rows of agents that the caller may not see are left out in the query. */
export interface AuditQuery {
  /** Newest first. */
  list(visibleTo: AgentVisibility, filter?: AuditFilter): Promise<Page<AuditRecord>>;
  /** The latest policy decision of an agent that was not "allow". */
  lastRefusal(agentId: string): Promise<AuditedRefusal | undefined>;
  /** Rows with a number above `after`, oldest first, for `audit tail`; at most 200. */
  after(visibleTo: AgentVisibility, after: number, limit?: number): Promise<readonly AuditRecord[]>;
}
