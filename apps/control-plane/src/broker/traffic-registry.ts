import type { EgressAuditEvent, SystemResolver } from '@clawforce/policy-net';
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
  /** Asked for each agent in its turns. */
  readonly resolver: SystemResolver;
  readonly onEgress: (agentId: string, purpose: 'web' | 'provider', event: EgressAuditEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Keeps each agent's way to models and web under its present configuration. */
export class TrafficRegistry {
  readonly #parts: TrafficRegistryParts;
  readonly #current = new Map<string, Promise<AgentTraffic>>();

  constructor(parts: TrafficRegistryParts) {
    this.#parts = parts;
  }

  /** Gives the agent's traffic, made from its configuration when there is none yet. */
  get(agentId: string): Promise<AgentTraffic> {
    return this.#current.get(agentId) ?? this.#keep(agentId, this.#create(agentId));
  }

  /**
   * The configuration was changed: whoever asks next waits until it is in force, requests that it no longer admits end, the
   * others go on. Where it cannot be read everything ends.
   */
  changed(agentId: string): void {
    const before = this.#current.get(agentId);
    if (before === undefined) return;
    const after = before.then(async (traffic) => {
      try {
        traffic.follow(await this.#parts.config(agentId));
        return traffic;
      } catch (error) {
        await traffic.close().catch(this.#parts.onFailure);
        throw error;
      }
    });
    void this.#keep(agentId, after);
  }

  /** Ends the agent's connections; the next request begins anew. */
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

  #keep(agentId: string, traffic: Promise<AgentTraffic>): Promise<AgentTraffic> {
    this.#current.set(agentId, traffic);
    // Whoever asked is told; the next one tries again.
    traffic.catch(() => {
      if (this.#current.get(agentId) === traffic) this.#current.delete(agentId);
    });
    return traffic;
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
      resolve: {
        // The same turns as for its commands.
        web: this.#parts.resolver.for(agentId),
        // Names of the configuration, which no page and no command chooses.
        provider: this.#parts.resolver.for(`${agentId} provider`),
      },
      onEgress: (purpose, event) => this.#parts.onEgress(agentId, purpose, event),
    });
  }
}
