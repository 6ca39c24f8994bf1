import type { NetworkSecurityPolicy, SystemResolver } from '@clawforce/policy-net';
import { createEgressProxy, type EgressProxy, type ProxyAuditEvent } from '@clawforce/policy-net/proxy';
import { WEB_PORTS, webPolicy, type OwnEndpoint, type WebSettings } from './web-policy.js';

/** Parts of the gateway. */
export interface EgressGatewayParts {
  /** The configuration of an agent, as far as its network policy needs it. */
  readonly config: (agentId: string) => Promise<WebSettings>;
  /** The control plane's own listeners and database; empty until they are known, and until then nothing is let out. */
  readonly ownEndpoints: () => readonly OwnEndpoint[];
  /** Whether the agent's worker was looked at from outside and may work; until then nothing is let out. */
  readonly admitted: (agentId: string) => boolean;
  /** Asked for each agent in its turns. */
  readonly resolver: SystemResolver;
  readonly onEgress: (agentId: string, event: ProxyAuditEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The web for commands: one egress proxy per agent, whose unix socket is the identity. */
interface AgentEgress {
  readonly proxy: EgressProxy;
  policy: NetworkSecurityPolicy | undefined;
  /** Counts the changes, so that a slow reading of an old configuration does not replace a newer one. */
  change: number;
}

/** What one agent may still cost: its requests are rows of the audit log, its tunnels descriptors of this process. */
const LIMITS = { maxTunnels: 64, maxClients: 256, maxRequests: 1_200 } as const;
/** Opens, updates and closes the egress proxies of the agents that run. */
export class EgressGateway {
  readonly #parts: EgressGatewayParts;
  readonly #open = new Map<string, AgentEgress>();

  constructor(parts: EgressGatewayParts) {
    this.#parts = parts;
  }

  /** Listens at `path` for one agent, under its configuration of this moment; gives what ends it. */
  async listen(agentId: string, path: string): Promise<() => Promise<void>> {
    const egress: AgentEgress = {
      policy: undefined,
      change: 0,
      proxy: createEgressProxy({
        // Whoever may open the socket is the agent; there is no other listener of this proxy.
        identify: () => agentId,
        policyFor: () => (this.#parts.admitted(agentId) ? egress.policy : undefined),
        // Tunnels to all of them must be TLS for the host that was asked for, or plain HTTP whose requests are served one by
        // one: else a tunnel led to any site behind the same address (decision 0025).
        sniPorts: WEB_PORTS,
        limits: LIMITS,
        resolve: this.#parts.resolver.for(agentId),
        onAudit: (event) => this.#parts.onEgress(agentId, event),
      }),
    };
    // Known before anything is awaited: a change that comes meanwhile must not be missed.
    this.#open.set(agentId, egress);
    try {
      await this.#load(agentId, egress);
      await egress.proxy.listen({ path, agent: agentId });
    } catch (error) {
      if (this.#open.get(agentId) === egress) this.#open.delete(agentId);
      throw error;
    }
    return async () => {
      if (this.#open.get(agentId) === egress) this.#open.delete(agentId);
      egress.change += 1;
      egress.policy = undefined;
      await egress.proxy.close();
    };
  }

  /** The configuration has changed: what it no longer admits ends, as soon as it is read. */
  changed(agentId: string): void {
    const egress = this.#open.get(agentId);
    if (egress !== undefined) void this.#load(agentId, egress);
  }

  /** The endpoints of the control plane are known, or others than before: all agents get new policies. */
  ownChanged(): void {
    for (const agentId of this.#open.keys()) this.changed(agentId);
  }

  async #load(agentId: string, egress: AgentEgress): Promise<void> {
    egress.change += 1;
    const { change } = egress;
    let policy: NetworkSecurityPolicy | undefined;
    try {
      const config = await this.#parts.config(agentId);
      const own = this.#parts.ownEndpoints();
      if (own.length > 0) policy = webPolicy(config, own);
    } catch (error) {
      // Without a policy the proxy refuses everything.
      this.#parts.onFailure(error);
    }
    if (egress.change !== change) return;
    egress.policy = policy;
    egress.proxy.update(agentId);
  }
}
