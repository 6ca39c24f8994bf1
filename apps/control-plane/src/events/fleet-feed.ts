import { randomBytes } from 'node:crypto';
import type { Storage } from '../storage/storage.js';
import type { ActivityFeed, FeedItem } from './activity-feed.js';
import { refusalOf, type Refusal } from './refusal-book.js';

/** What watchers of the whole fleet are told. */
export type FleetItem = {
  readonly agentId: string;
  /** Who owned the agent then; nobody else but superadmins hears of it. */
  readonly ownerUserId: string | null;
  /** Names the place in the stream. */
  readonly cursor: string;
} & (
  | { readonly kind: 'agent' }
  /** `lost`: it was given to somebody else, which superadmins do not hear as a removal. */
  | { readonly kind: 'removed'; readonly lost: boolean }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
);

/** Items that are kept for watchers that come back. */
const KEPT = 2_000;

/**
 * One stream over all agents: changes of state, removals and refusals. It is numbered and keeps its last items, so that a
 * watcher whose connection was lost resumes behind what it has seen; a cursor that is too old or of an earlier run of the
 * server is told as a gap.
 */
export class FleetFeed {
  readonly #run = randomBytes(6).toString('hex');
  readonly #listeners = new Set<(item: FleetItem) => void>();
  readonly #owners = new Map<string, string | null>();
  #kept: FleetItem[] = [];
  #count = 0;

  /** Learns who owns what, then listens. */
  async open(storage: Storage, feed: ActivityFeed): Promise<void> {
    feed.subscribeAll((agentId, item) => this.#hear(agentId, item));
    let cursor: string | undefined;
    do {
      const page = await storage.agents.list('all', { limit: 200, ...(cursor ? { cursor } : {}) });
      for (const { id, ownerUserId } of page.items)
        if (!this.#owners.has(id)) this.#owners.set(id, ownerUserId);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  /** Where the stream stands. */
  get cursor(): string {
    return `${this.#run}.${this.#count}`;
  }

  /** What came behind a cursor; undefined when that cannot be told. */
  since(cursor: string): readonly FleetItem[] | undefined {
    const [run, text = ''] = cursor.split('.');
    const number = Number(text);
    const missed = this.#count - number;
    if (run !== this.#run || !/^\d{1,15}$/.test(text) || missed < 0 || missed > this.#kept.length)
      return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Calls `listener` for everything from now on; gives the function that ends it. */
  subscribe(listener: (item: FleetItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #hear(agentId: string, item: FeedItem): void {
    // An agent that nobody told of belongs to nobody.
    const owner = this.#owners.get(agentId) ?? null;
    switch (item.kind) {
      case 'status': {
        const next = item.agent.ownerUserId;
        if (this.#owners.has(agentId) && owner !== next)
          this.#tell({ agentId, ownerUserId: owner, kind: 'removed', lost: true });
        this.#owners.set(agentId, next);
        this.#tell({ agentId, ownerUserId: next, kind: 'agent' });
        return;
      }
      case 'removed':
        this.#owners.delete(agentId);
        this.#tell({ agentId, ownerUserId: owner, kind: 'removed', lost: false });
        return;
      case 'event': {
        const refusal = refusalOf(item.event, Date.now());
        if (refusal) this.#tell({ agentId, ownerUserId: owner, kind: 'refusal', refusal });
        return;
      }
      case 'delta':
      case 'message':
    }
  }

  #tell(item: DistributiveOmit<FleetItem, 'cursor'>): void {
    this.#count += 1;
    const numbered: FleetItem = { ...item, cursor: this.cursor };
    this.#kept.push(numbered);
    if (this.#kept.length > 2 * KEPT) this.#kept = this.#kept.slice(-KEPT);
    for (const listener of [...this.#listeners]) listener(numbered);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
