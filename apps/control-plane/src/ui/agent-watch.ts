import type { AgentService } from '../agents/agent-service.js';
import { mayUse } from '../auth/authorizer.js';
import type { ActivityFeed, FeedItem } from '../events/activity-feed.js';
import type { Caller } from '../http/route.js';
import { activityView } from '../http/routes/log-routes.js';
import { messageView } from '../http/routes/message-routes.js';
import type { StoredEvent } from '../storage/events/event-store.js';
import type { Storage } from '../storage/index.js';

/** What a watch reads from. */
export interface AgentWatchParts {
  readonly storage: Storage;
  readonly feed: ActivityFeed;
  readonly agents: Pick<AgentService, 'view'>;
}

/** How a watch began. */
export interface AgentWatchStart {
  readonly found: boolean;
  /** Whether more was missed than is sent again. */
  readonly gap: boolean;
  /** Highest activity id that was there: what this socket sends from now on is above it. */
  readonly last: number;
}

const PAGE = 200;
/** Most missed events that are sent again; a reader that missed more is told so, and reads the rest from the API. */
const MAX_REPLAY = 1000;

/** One browser that watches one agent. Ends by itself when the agent is removed or given to somebody else. */
export class AgentWatch {
  readonly #parts: AgentWatchParts;
  readonly #send: (name: string, body: object) => void;
  readonly #caller: Caller;
  readonly #agentId: string;
  readonly #unsubscribe: () => void;
  /** Kept back until the caller's right is known and the missed events are sent; undefined from then on. */
  #early: FeedItem[] | undefined = [];
  #cursor = 0;
  /** The last view of the agent that is being made: one after the other, so that an older state never comes last. */
  #viewing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(
    parts: AgentWatchParts,
    send: (name: string, body: object) => void,
    caller: Caller,
    agentId: string,
  ) {
    this.#parts = parts;
    this.#send = send;
    this.#caller = caller;
    this.#agentId = agentId;
    // Subscribed before the agent is read, so that a change of its owner in between is not missed.
    this.#unsubscribe = parts.feed.subscribe(agentId, (item) => {
      if (this.#early) this.#early.push(item);
      else this.#tell(item);
    });
  }

  /** Sends what came behind `after`, then what happens. `gap` when more was missed than is sent again. */
  async begin(after: number | undefined): Promise<AgentWatchStart> {
    const { storage } = this.#parts;
    const agent = await storage.agents.get(this.#agentId);
    if (!agent || !mayUse(this.#caller, 'log:read', agent)) {
      this.end();
      return { found: false, gap: false, last: 0 };
    }
    const gap = after !== undefined && (await this.#replay(after));
    if (after === undefined || gap)
      this.#cursor = (await storage.events.tail(this.#agentId, 1)).at(-1)?.id ?? 0;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const item of early) this.#tell(item);
    return { found: true, gap, last: this.#cursor };
  }

  /** Stops watching. */
  end(): void {
    this.#ended = true;
    this.#unsubscribe();
  }

  async #replay(after: number): Promise<boolean> {
    this.#cursor = after;
    for (let sent = 0; sent < MAX_REPLAY && !this.#ended; sent += PAGE) {
      const events = await this.#parts.storage.events.after(this.#agentId, this.#cursor, PAGE);
      for (const event of events) this.#tellEvent(event);
      if (events.length < PAGE) return false;
    }
    return true;
  }

  #tell(item: FeedItem): void {
    if (this.#ended) return;
    switch (item.kind) {
      case 'event':
        this.#tellEvent(item.event);
        return;
      case 'delta':
        this.#emit('delta', item.delta);
        return;
      case 'message':
        this.#emit('message', messageView(item.message));
        return;
      case 'removed':
        this.#lose();
        return;
      case 'status':
        if (!mayUse(this.#caller, 'log:read', item.agent)) {
          this.#lose();
          return;
        }
        this.#viewing = this.#viewing
          .then(() => this.#parts.agents.view(item.agent))
          .then(
            (view) => {
              if (!this.#ended) this.#send('status', view);
            },
            () => undefined,
          );
    }
  }

  #tellEvent(event: StoredEvent): void {
    if (this.#ended || event.kind !== 'activity' || event.id <= this.#cursor) return;
    this.#cursor = event.id;
    this.#emit('activity', activityView(event));
  }

  #lose(): void {
    this.end();
    this.#emit('removed', {});
  }

  #emit(name: string, body: object): void {
    this.#send(name, { agent_id: this.#agentId, ...body });
  }
}
