import { holdsWorker } from '@clawforce/pool-core';
import type { AuditEvent } from '@clawforce/audit-log';
import { LINK_CODES, type LinkCode } from '@clawforce/protocol';
import { ApiError } from '../errors/api-error.js';
import type { AgentRecord, StatusChange } from '../storage/agents/agent-store.js';
import { StorageError } from '../storage/storage-error.js';
import type { LifecycleParts } from './lifecycle-parts.js';

/** Whether the pool may hold a worker of the agent. */
export function isAlive(agent: AgentRecord): boolean {
  return holdsWorker(agent.status);
}

/** Gives an audit event about the life of an agent. */
export function lifecycleEvent(agentId: string, event: string, actor: string, detail?: object): AuditEvent {
  return {
    kind: 'agent_lifecycle',
    agent_id: agentId,
    event,
    actor,
    timestamp: new Date().toISOString(),
    ...(detail ? { detail: JSON.stringify(detail) } : {}),
  };
}

/** Reads and writes the states of agents, and tells whoever watches. */
export class AgentStates {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Gives the agent. @throws ApiError NOT_FOUND */
  async load(agentId: string): Promise<AgentRecord> {
    const agent = await this.#parts.storage.agents.get(agentId);
    if (!agent) throw new ApiError('NOT_FOUND', 'There is no such agent.');
    return agent;
  }

  /** Writes a status, unless the agent has moved on to a later generation or epoch; gives the agent as it is then. */
  async set(
    agent: AgentRecord,
    change: StatusChange,
    only: { generation?: number; epoch?: number } = { generation: agent.generation },
  ): Promise<AgentRecord> {
    try {
      const next = await this.#parts.storage.agents.setStatus(agent.id, change, only);
      this.#parts.feed.publish(agent.id, { kind: 'status', agent: next });
      return next;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'STALE') return this.load(agent.id);
      throw error;
    }
  }

  /**
   * Takes link, sockets and credentials from an agent whose worker is gone, and says why it failed. Messages that wait stay
   * when another attempt follows. `mismatched` stays to be seen until the next start or stop.
   */
  async fail(
    agent: AgentRecord,
    reason: string,
    retryInMs: number | undefined,
    attested: 'none' | 'mismatched' = 'none',
  ): Promise<AgentRecord> {
    const { storage, feed } = this.#parts;
    const next = retryInMs === undefined ? '' : ` The next attempt follows in ${seconds(retryInMs)}.`;
    await this.release(agent.id, LINK_CODES.fenced, reason, retryInMs !== undefined);
    const event = await storage.events.record(agent.id, { event_type: 'error', content: reason });
    feed.publish(agent.id, { kind: 'event', event });
    return this.set(agent, { status: 'failed', attested, reason: `${reason}${next}` });
  }

  /** Ends the link, the sockets, the credentials and the messages of an agent that has no worker any more. */
  async release(agentId: string, code: LinkCode | 1000, reason: string, keepQueued: boolean): Promise<void> {
    const { hub, launchPad, messages } = this.#parts;
    hub.end(agentId, code, reason);
    await launchPad.clear(agentId);
    await messages.interrupt(agentId, keepQueued ? ['delivered'] : ['queued', 'delivered'], reason);
  }
}

function seconds(ms: number): string {
  return ms === 1000 ? '1 second' : `${ms / 1000} seconds`;
}
