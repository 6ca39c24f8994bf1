import type { Delta } from '@clawforce/protocol';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { MessageRecord } from '../storage/messages/message-store.js';
import type { StoredEvent } from '../storage/events/event-store.js';

/** What live readers of an agent are told. Stored events are also in the database; the rest is only for watching. */
export type FeedItem =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'delta'; readonly delta: Delta }
  | { readonly kind: 'status'; readonly agent: AgentRecord }
  | { readonly kind: 'message'; readonly message: MessageRecord }
  | { readonly kind: 'removed' };

/** Hands what happens to an agent to whoever watches it at the moment. */
export class ActivityFeed {
  readonly #everywhere = new Set<(agentId: string, item: FeedItem) => void>();
  readonly #listeners = new Map<string, Set<(item: FeedItem) => void>>();

  /** Calls `listener` for everything from now on; gives the function that ends it. */
  subscribe(agentId: string, listener: (item: FeedItem) => void): () => void {
    const listeners = this.#listeners.get(agentId) ?? new Set();
    this.#listeners.set(agentId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(agentId) === listeners) this.#listeners.delete(agentId);
    };
  }

  /** Calls `listener` for what happens to any agent from now on. */
  subscribeAll(listener: (agentId: string, item: FeedItem) => void): void {
    this.#everywhere.add(listener);
  }

  publish(agentId: string, item: FeedItem): void {
    for (const listener of [...(this.#listeners.get(agentId) ?? [])]) listener(item);
    for (const listener of this.#everywhere) listener(agentId, item);
  }
}
