import type { AgentService } from '../agents/agent-service.js';
import { mayUse } from '../auth/authorizer.js';
import type { FleetFeed, FleetItem } from '../events/fleet-feed.js';
import type { Caller } from '../http/route.js';
import type { Storage } from '../storage/storage.js';

/** What a watch of the fleet reads from. */
export interface FleetWatchParts {
  readonly storage: Storage;
  readonly fleet: FleetFeed;
  readonly agents: Pick<AgentService, 'view'>;
}

/** How a watch began. */
export interface FleetWatchStart {
  /** Place in the stream behind which the watch goes on. */
  readonly cursor: string;
  /** Whether something between `after` and now is lost: the lists have to be read again. */
  readonly gap: boolean;
}

/** One browser that watches every agent that it may see: one stream, whatever the number of agents. */
export class FleetWatch {
  readonly #parts: FleetWatchParts;
  readonly #caller: Caller;
  readonly #send: (name: string, body: object) => void;
  readonly #changed = new Map<string, string>();
  #end: () => void = () => undefined;
  #ended = false;
  #reading = false;

  constructor(parts: FleetWatchParts, caller: Caller, send: (name: string, body: object) => void) {
    this.#parts = parts;
    this.#caller = caller;
    this.#send = send;
  }

  /** Sends what came behind `after`, then what happens. */
  begin(after: string | undefined): FleetWatchStart {
    const { fleet } = this.#parts;
    const missed = after === undefined ? [] : fleet.since(after);
    this.#end = fleet.subscribe((item) => this.#hear(item));
    for (const item of missed ?? []) this.#hear(item);
    return { cursor: fleet.cursor, gap: missed === undefined };
  }

  /** Stops watching. */
  end(): void {
    this.#ended = true;
    this.#end();
  }

  #hear(item: FleetItem): void {
    const { agentId, ownerUserId, cursor } = item;
    if (!mayUse(this.#caller, 'agent:read', { id: agentId, ownerUserId })) return;
    switch (item.kind) {
      case 'refusal':
        this.#send('refusal', { cursor, agent_id: agentId, ...item.refusal });
        return;
      case 'removed':
        if (item.lost && this.#caller.role === 'superadmin') return;
        this.#changed.delete(agentId);
        this.#send('agent_removed', { cursor, agent_id: agentId });
        return;
      case 'agent':
        this.#changed.set(agentId, cursor);
        if (!this.#reading) void this.#sendChanged();
    }
  }

  /** Sends changed agents as they are now, one after the other: of many changes of one agent only the last is of use. */
  async #sendChanged(): Promise<void> {
    const { storage, agents } = this.#parts;
    this.#reading = true;
    for (const [agentId, cursor] of this.#changed) {
      this.#changed.delete(agentId);
      try {
        const agent = await storage.agents.get(agentId);
        if (!agent || !mayUse(this.#caller, 'agent:read', agent)) continue;
        const view = await agents.view(agent);
        if (!this.#ended) this.#send('agent', { cursor, agent: view });
      } catch {
        // The database does not answer; the next change is told again, and the lists show the rest.
      }
    }
    this.#reading = false;
  }
}
