import type { Owner } from '@clawforce/policy-fs';
import type { Logger } from 'winston';
import type { AgentFiles } from '../agents/agent-files.js';
import type { LaunchPad, LaunchPlace } from '../agents/lifecycle-parts.js';
import { createBrokerServer } from '../broker/broker-server.js';
import type { TrafficRegistry } from '../broker/traffic-registry.js';
import type { EgressGateway } from '../egress/egress-gateway.js';
import { openAgentSockets, type AgentSockets } from '../hub/agent-sockets.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { JoinCredentials } from '../hub/storage-ports.js';
import type { Settings } from '../settings/index.js';
import type { AgentRecord, Storage } from '../storage/index.js';

/** Parts of the launch pad. */
export interface AgentLaunchPadParts {
  readonly settings: Settings;
  readonly files: AgentFiles;
  readonly storage: Storage;
  readonly hub: LinkHub;
  readonly traffic: TrafficRegistry;
  readonly egress: EgressGateway;
  readonly joins: JoinCredentials;
  /** Numeric owner of an agent's worker, where it differs from the control plane's own. */
  readonly userOf: (agent: AgentRecord) => Promise<Owner | undefined>;
  readonly log: Logger;
}

/** Prepares what a worker finds when it starts: its directory, its sockets and a join credential. */
export class AgentLaunchPad implements LaunchPad {
  readonly #parts: AgentLaunchPadParts;
  readonly #open = new Map<string, AgentSockets>();

  constructor(parts: AgentLaunchPadParts) {
    this.#parts = parts;
  }

  async prepare(agent: AgentRecord, onListening?: () => Promise<void> | void): Promise<LaunchPlace> {
    const { files, joins, userOf } = this.#parts;
    await this.clear(agent.id);
    await files.control(agent.id);
    const user = await userOf(agent);
    const sockets = await this.#listen(agent, { reuse: false });
    await onListening?.();
    await sockets.writeJoin(await joins.issue(agent));
    return {
      socketDir: sockets.directory,
      agentRoot: files.directory(agent.id),
      ...(user ? { user } : {}),
    };
  }

  async reopen(agent: AgentRecord): Promise<void> {
    await this.#open.get(agent.id)?.close({ keep: true });
    await this.#listen(agent, { reuse: true });
  }

  async clear(agentId: string): Promise<void> {
    const sockets = this.#open.get(agentId);
    this.#open.delete(agentId);
    await sockets?.close();
    this.#parts.traffic.forget(agentId);
    await this.#parts.storage.credentials.revoke(agentId, ['join', 'resume']);
  }

  /** The worker has joined: its credential disappears before any tool can run. */
  async removeJoinFile(agentId: string): Promise<void> {
    await this.#open.get(agentId)?.removeJoin();
  }

  /** Closes every agent's sockets; with `keep` workers that go on find them again after a restart. */
  async close({ keep }: { readonly keep: boolean }): Promise<void> {
    await Promise.all([...this.#open.values()].map((sockets) => sockets.close({ keep })));
    this.#open.clear();
  }

  async #listen(agent: AgentRecord, { reuse }: { readonly reuse: boolean }): Promise<AgentSockets> {
    const { settings, hub, traffic, egress, log, userOf } = this.#parts;
    const { id } = agent;
    const sockets = await openAgentSockets({
      runtimeDir: settings.runtimeDir,
      agentId: id,
      owner: await userOf(agent),
      reuse,
      onUpgrade: (request, socket, head) => hub.handleUpgrade(id, request, socket, head),
      egress: (path) => egress.listen(id, path),
      broker: createBrokerServer({
        authenticate: (secret) => hub.authenticate(id, secret),
        admitted: (signal) => hub.whenAdmitted(id, signal),
        traffic: () => traffic.get(id),
        onFailure: (error, route) => {
          if (error.code !== 'INTERNAL') return;
          log.error('the broker failed', { agent: id, route, cause: String(error.cause) });
        },
      }),
    });
    this.#open.set(id, sockets);
    return sockets;
  }
}
