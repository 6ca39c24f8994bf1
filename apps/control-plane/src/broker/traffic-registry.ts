import type { EgressAuditEvent } from '@clawforce/policy-net';
import type { EffectiveAgentConfig } from '@clawforce/protocol/config';
import type { OwnEndpoint } from '../egress/web-policy.js';
import { createAgentTraffic, type AgentTraffic } from './agent-traffic.js';
import { BrokerError } from './broker-error.js';

/** Parts of the registry. */
export interface TrafficRegistryParts {
  /** The configuration with opened secrets. */
  readonly config: (agentId: string) => Promise<EffectiveAgentConfig>;
  /** The control plane's own listeners and database; empty until they are known, and until then nothing is let out. */
  readonly ownEndpoints: () => readonly OwnEndpoint[];
  readonly onEgress: (agentId: string, purpose: 'web' | 'provider', event: EgressAuditEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Keeps each agent's way to models and web under its present configuration, and nothing of an earlier one. */
export class TrafficRegistry {
  readonly #parts: TrafficRegistryParts;
  readonly #current = new Map<string, Promise<AgentTraffic>>();

  constructor(parts: TrafficRegistryParts) {
    this.#parts = parts;
  }

  /** Gives the agent's traffic, made from its configuration when there is none yet. */
  get(agentId: string): Promise<AgentTraffic> {
    let traffic = this.#current.get(agentId);
    if (!traffic) {
      traffic = this.#create(agentId);
      this.#current.set(agentId, traffic);
      traffic.catch(() => {
        if (this.#current.get(agentId) === traffic) this.#current.delete(agentId);
      });
    }
    return traffic;
  }

  /** Ends connections under the old configuration; the next request is judged by the new one. */
  forget(agentId: string): void {
    const traffic = this.#current.get(agentId);
    this.#current.delete(agentId);
    traffic?.then((open) => open.close()).catch(this.#parts.onFailure);
  }

  /** The endpoints of the control plane are others than before: what now leads to one ends, the rest goes on. */
  ownChanged(): void {
    for (const traffic of this.#current.values()) {
      // One that could not be opened has told so to whoever asked for it.
      void traffic.then(
        (open) => open.deny(this.#parts.ownEndpoints()),
        () => undefined,
      );
    }
  }

  /** Ends everything. */
  async close(): Promise<void> {
    const open = [...this.#current.values()];
    this.#current.clear();
    await Promise.allSettled(open.map(async (traffic) => (await traffic).close()));
  }

  async #create(agentId: string): Promise<AgentTraffic> {
    const config = await this.#parts.config(agentId);
    const ownEndpoints = this.#parts.ownEndpoints();
    if (ownEndpoints.length === 0) {
      // What must be denied is not known yet: a name without an address, or a worker that ran on while nobody listened.
      throw new BrokerError(
        'TOO_MANY_REQUESTS',
        'The control plane does not know its own addresses yet; its log says which name has none.',
        { retryAfterSeconds: 1 },
      );
    }
    return createAgentTraffic({
      config,
      ownEndpoints,
      onEgress: (purpose, event) => this.#parts.onEgress(agentId, purpose, event),
    });
  }
}
