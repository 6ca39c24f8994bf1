import type { Storage } from '../storage/storage.js';
import type { StoredEvent } from '../storage/events/event-store.js';
import type { FeedItem } from './activity-feed.js';

/** A tool call that the gate did not let through. */
export interface Refusal {
  /** Id of the activity event; absent for one that is only in the audit log. */
  readonly event_id?: number;
  /** ISO 8601. */
  readonly time: string;
  readonly tool: string;
  readonly effect: 'deny' | 'ask';
  readonly layer: string;
  readonly rule: string;
  readonly reason: string;
  readonly hint?: string;
}

const HOUR_MS = 60 * 60 * 1000;
/** Refusals of the last hour that one agent may have in memory; of more only the number is kept. */
const MAX_KEPT = 200;
/** Events of the last hour that are read at the start. */
const MAX_SEED = 20_000;

interface Entry {
  /** Oldest first. */
  recent: Refusal[];
  /** How many came in each minute of the last hour, by minute since the epoch. */
  readonly minutes: Map<number, number>;
  /** Undefined until it was looked up; null when there is none. */
  last: Refusal | null | undefined;
}

/** Keeps in memory what the gates refused within the last hour, and the last refusal of each agent. */
export class RefusalBook {
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(storage: Storage, now: () => number = Date.now) {
    this.#storage = storage;
    this.#now = now;
  }

  /** Reads the last hour from the database. */
  async open(): Promise<void> {
    const events = await this.#storage.events.decisionsSince(new Date(this.#now() - HOUR_MS), MAX_SEED);
    for (const event of events) this.#note(event.agentId, event);
  }

  /** Takes what the activity feed tells. */
  hear(agentId: string, item: FeedItem): void {
    if (item.kind === 'event') this.#note(agentId, item.event);
    else if (item.kind === 'removed') this.#entries.delete(agentId);
  }

  /** How many came within the last hour. */
  count(agentId: string): number {
    const entry = this.#entries.get(agentId);
    if (!entry) return 0;
    this.#forgetOld(entry);
    return [...entry.minutes.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Those of the last hour that are kept, oldest first. */
  recent(agentId: string): readonly Refusal[] {
    const entry = this.#entries.get(agentId);
    if (!entry) return [];
    this.#forgetOld(entry);
    return entry.recent;
  }

  /** The latest one, however old. */
  async last(agentId: string): Promise<Refusal | null> {
    const entry = this.#entry(agentId);
    if (entry.last === undefined) {
      const found = await this.#storage.auditQuery.lastRefusal(agentId);
      // One that came meanwhile is newer.
      entry.last ??= found ?? null;
    }
    return entry.last;
  }

  #entry(agentId: string): Entry {
    const known = this.#entries.get(agentId);
    if (known) return known;
    const entry: Entry = { recent: [], minutes: new Map(), last: undefined };
    this.#entries.set(agentId, entry);
    return entry;
  }

  #note(agentId: string, event: StoredEvent): void {
    const refusal = refusalOf(event, this.#now());
    if (!refusal) return;
    const entry = this.#entry(agentId);
    entry.last = refusal;
    entry.recent.push(refusal);
    if (entry.recent.length > MAX_KEPT) entry.recent = entry.recent.slice(-MAX_KEPT);
    const minute = Math.floor(Date.parse(refusal.time) / 60_000);
    entry.minutes.set(minute, (entry.minutes.get(minute) ?? 0) + 1);
    this.#forgetOld(entry);
  }

  #forgetOld(entry: Entry): void {
    const since = this.#now() - HOUR_MS;
    for (const minute of entry.minutes.keys())
      if ((minute + 1) * 60_000 <= since) entry.minutes.delete(minute);
    if (entry.recent[0] && Date.parse(entry.recent[0].time) < since)
      entry.recent = entry.recent.filter(({ time }) => Date.parse(time) >= since);
  }
}

/** Gives the refusal that an event tells of; undefined when it tells of none. */
export function refusalOf(event: StoredEvent, now: number): Refusal | undefined {
  if (event.kind !== 'activity' || event.event.event_type !== 'policy_decision') return undefined;
  const record = event.event.record;
  if (!record || record.decision.effect === 'allow') return undefined;
  const { effect, layer, rule, reason, hint } = record.decision;
  return {
    event_id: event.id,
    // A worker's clock may be wrong or lie; nothing has happened later than now.
    time: new Date(Math.min(event.time.getTime(), now)).toISOString(),
    tool: record.tool,
    effect,
    layer,
    rule,
    reason,
    ...(hint === undefined ? {} : { hint }),
  };
}
