import type { ActivityEvent, OutboxItem, SessionEntry } from '@clawforce/protocol';

/** Who wrote a row: the worker's word, or the control plane's own. */
export type EventSource = 'worker' | 'control';

/** A stored event; `id` is the cursor that covers worker and control-plane rows of one agent alike. */
export type StoredEvent = {
  readonly id: number;
  readonly agentId: string;
  readonly source: EventSource;
  /** The worker's number; null for rows of the control plane. */
  readonly seq: number | null;
  readonly epoch: number | null;
  readonly time: Date;
} & (
  | { readonly kind: 'activity'; readonly event: ActivityEvent }
  | { readonly kind: 'session'; readonly sessionKey: string; readonly entry: SessionEntry }
);

/** Answer to a batch of a worker. */
export type AppendOutcome =
  /** Everything up to `ack` is committed; `stored` are the rows that were new. */
  | { readonly status: 'stored'; readonly ack: number; readonly stored: readonly StoredEvent[] }
  /** A number is missing: the part before it is stored, send again from `expected`. */
  | {
      readonly status: 'gap';
      readonly ack: number;
      readonly expected: number;
      readonly stored: readonly StoredEvent[];
    }
  /** Another session is the current one; nothing is stored. */
  | { readonly status: 'fenced'; readonly epoch: number }
  /** There is no such agent; nothing is stored. */
  | { readonly status: 'unknown' };

/** A session as the list shows it. */
export interface SessionSummary {
  readonly sessionKey: string;
  readonly entries: number;
  readonly lastAt: Date;
}

/** Activity and session entries. */
export interface EventStore {
  /**
   * Stores a worker's batch in one transaction: refuses another epoch, skips numbers that are stored, stops at a gap.
   * When it resolves, the rows are committed (inside `transaction`: with it).
   */
  append(agentId: string, epoch: number, items: readonly OutboxItem[]): Promise<AppendOutcome>;
  /** Writes an activity row of the control plane itself. Throws `NOT_FOUND`. */
  record(agentId: string, event: ActivityEvent, time?: Date): Promise<StoredEvent>;
  /** Writes a session entry of the control plane itself, such as a message that never reached a worker. Throws `NOT_FOUND`. */
  recordSession(agentId: string, sessionKey: string, entry: SessionEntry, time?: Date): Promise<StoredEvent>;
  /** Activity with an id above `after`, oldest first; at most `limit` (50, never more than 200). */
  after(agentId: string, after: number, limit?: number): Promise<readonly StoredEvent[]>;
  /** The last activity rows, oldest first. */
  tail(agentId: string, limit?: number): Promise<readonly StoredEvent[]>;
  /** Activity with an id below `before`, oldest first: the page above one that is shown. */
  before(agentId: string, before: number, limit?: number): Promise<readonly StoredEvent[]>;
  /** Policy decisions of all agents since a time, oldest first; of more than `limit` the latest. */
  decisionsSince(since: Date, limit: number): Promise<readonly StoredEvent[]>;
  /**
   * The last entries of a session, oldest first; at most `limit` (50, never more than 1,000), and no more than fit into
   * 8 Mi characters of JSON, but always the last one.
   */
  history(agentId: string, sessionKey: string, limit?: number): Promise<readonly SessionEntry[]>;
  /** Sessions of an agent, the latest first; at most 200. */
  sessions(agentId: string): Promise<readonly SessionSummary[]>;
  /** Removes activity rows (not session entries) older than the time; gives how many. */
  prune(before: Date): Promise<number>;
}
