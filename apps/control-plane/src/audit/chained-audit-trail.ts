import { checkAuditEvent, openAuditLog, type AuditEvent, type AuditLog } from '@clawforce/audit-log';
import { ApiError } from '../errors/api-error.js';
import { auditStoreOf, type Storage, type Stores } from '../storage/index.js';
import type { AuditTrail } from './audit-trail.js';

const FLUSH_MS = 100;
const FLUSH_ROWS = 200;
const RETRY_MS = 1000;
/** Batches that fail one after the other at the end, before the rest is given up and counted. */
const LAST_TRIES = 3;
/** Bulk events that wait for a store that does not take them; beyond it the oldest are dropped and counted. */
const MAX_WAITING = 20_000;
/** What one agent may have of that: whoever floods the log loses events of its own, not those of others. */
const MAX_WAITING_OF_ONE = 4_000;
/** What of that may be rows that cost the agent nothing: a flood of one kind pushes out no other kind, nor where it got to. */
const MAX_FREE_OF_ONE = { egress: 1_000, policy_decision: 1_000, token_event: 500 } as const;
type FreeKind = keyof typeof MAX_FREE_OF_ONE;
const FREE_KINDS: readonly FreeKind[] = ['egress', 'policy_decision', 'token_event'];

/** The chained store, a JSON line for each event in the log file, and one batched writer for bulk events. */
export class ChainedAuditTrail implements AuditTrail {
  readonly #log: AuditLog<Stores>;
  readonly #storage: Storage;
  readonly #line: (event: AuditEvent) => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting: AuditEvent[] = [];
  readonly #waitingOf = new Map<string, number>();
  /** By agent and kind. */
  readonly #freeOf = new Map<string, number>();
  readonly #lostOf = new Map<string, number>();
  #dropped = 0;
  #closed = false;
  #flushing = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: {
    readonly storage: Storage;
    readonly line: (event: AuditEvent) => void;
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#storage = parts.storage;
    this.#log = openAuditLog(auditStoreOf(parts.storage));
    this.#line = parts.line;
    this.#onFailure = parts.onFailure;
  }

  async record(event: AuditEvent, tx?: Stores): Promise<void> {
    try {
      if (tx) {
        await this.#log.append(tx, event);
        tx.afterCommit(() => this.#line(event));
        return;
      }
      await this.#storage.transaction((own) => this.#log.append(own, event));
    } catch (error) {
      this.#onFailure(error);
      throw new ApiError('AUDIT_UNAVAILABLE', 'The audit log cannot be written, so nothing was changed.', {
        cause: error,
      });
    }
    this.#line(event);
  }

  enqueue(event: AuditEvent): void {
    // Nothing would ever write it.
    if (this.#closed) {
      this.#dropped += 1;
      return;
    }
    try {
      // One event that the log refuses would hold up every batch that it is in.
      checkAuditEvent(event);
    } catch (error) {
      this.#dropped += 1;
      this.#onFailure(error);
      return;
    }
    const agent = agentOf(event);
    const waiting = this.#waitingOf.get(agent) ?? 0;
    const kind = freeKindOf(event);
    const isFull = waiting >= MAX_WAITING_OF_ONE || (kind !== undefined && this.#isPast(agent, kind));
    if (agent !== '' && isFull) {
      this.#lostOf.set(agent, (this.#lostOf.get(agent) ?? 0) + 1);
      this.#dropped += 1;
      return;
    }
    count(this.#waitingOf, agent, 1);
    if (kind !== undefined) count(this.#freeOf, `${agent} ${kind}`, 1);
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) {
      this.#forget(this.#waiting.shift());
      this.#dropped += 1;
    }
    // One batch on its way is enough: it asks for the next one itself, and after a failure the timer does.
    if (this.#waiting.length >= FLUSH_ROWS && !this.#flushing && !this.#failing) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Writes what waits; resolves when it is committed or has failed. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = true;
    this.#writing = this.#writing.then(async () => {
      this.#flushing = false;
      const batch = this.#waiting.splice(0, FLUSH_ROWS);
      if (batch.length === 0) return;
      try {
        await this.#log.appendBatch(batch);
        for (const event of batch) {
          this.#line(event);
          this.#forget(event);
        }
      } catch (error) {
        this.#waiting.unshift(...batch);
        this.#failing = true;
        this.#onFailure(error);
        this.#timer ??= setTimeout(() => void this.flush(), RETRY_MS);
        return;
      }
      this.#failing = false;
      this.#tellLosses();
      if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.flush(), 0);
    });
    return this.#writing;
  }

  #forget(event: AuditEvent | undefined): void {
    if (!event) return;
    const agent = agentOf(event);
    const kind = freeKindOf(event);
    count(this.#waitingOf, agent, -1);
    if (kind !== undefined) count(this.#freeOf, `${agent} ${kind}`, -1);
  }

  /** Whether as many free rows of a kind wait as one agent may have, or a part of that. */
  #isPast(agent: string, kind: FreeKind, part = 1): boolean {
    return (this.#freeOf.get(`${agent} ${kind}`) ?? 0) >= MAX_FREE_OF_ONE[kind] * part;
  }

  /** A hole in the log is itself in the log. */
  #tellLosses(): void {
    for (const [agent, lost] of this.#lostOf) {
      if (FREE_KINDS.some((kind) => this.#isPast(agent, kind, 0.5))) continue;
      if ((this.#waitingOf.get(agent) ?? 0) > MAX_WAITING_OF_ONE / 2) continue;
      this.#lostOf.delete(agent);
      this.enqueue({
        kind: 'token_event',
        event: 'audit_overflow',
        agent_id: agent,
        detail: `${lost} events of this agent came faster than they could be written and are lost`,
        timestamp: new Date().toISOString(),
      });
    }
  }

  /** How many bulk events could never be written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes everything that waits, with a bounded number of tries. */
  async close(): Promise<void> {
    for (let failed = 0; this.#waiting.length > 0 && failed < LAST_TRIES;) {
      await this.flush();
      failed = this.#failing ? failed + 1 : 0;
    }
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#dropped += this.#waiting.length;
    this.#waiting = [];
  }
}

/** What an agent can cause as often as it likes: decisions about what it only asks for, refused links, requests that reached nothing. */
function freeKindOf(event: AuditEvent): FreeKind | undefined {
  if (event.kind === 'egress') return event.chosen === null ? 'egress' : undefined;
  return FREE_KINDS.find((kind) => kind === event.kind);
}

function count(counts: Map<string, number>, key: string, step: 1 | -1): void {
  const sum = (counts.get(key) ?? 0) + step;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}

function agentOf(event: AuditEvent): string {
  return 'agent_id' in event && typeof event.agent_id === 'string' ? event.agent_id : '';
}
