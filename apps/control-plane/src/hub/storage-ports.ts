import type { WorkerConfig } from '@clawforce/protocol';
import { createAgentTokens, type AgentTokens } from '../auth/auth-parts.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import type { EventIntake } from '../events/event-intake.js';
import type { AgentLifecycle } from '../agents/lifecycle.js';
import { isCredentialLive, StorageError, type AgentRecord, type Storage } from '../storage/index.js';
import type { HubPorts } from './link-hub.js';

const JOIN_LIFE_MS = 2 * 60 * 1000;

/** Parts of the ports. */
export interface StoragePortsParts {
  readonly storage: Storage;
  readonly intake: EventIntake;
  readonly feed: ActivityFeed;
  readonly audit: AuditTrail;
  readonly workerConfig: (agentId: string) => Promise<WorkerConfig>;
  /** Removes the join credential's file. */
  readonly removeJoinFile: (agentId: string) => Promise<void>;
  readonly lifecycle: () => AgentLifecycle;
  readonly log: (message: string, detail: object) => void;
}

/** Makes join credentials: single use, two minutes, for one generation of one agent. */
export class JoinCredentials {
  readonly #tokens: AgentTokens = createAgentTokens();
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Gives a new credential; earlier ones of the agent end. */
  async issue(agent: AgentRecord): Promise<string> {
    const { token, lookup, digest } = this.#tokens.issueJoinCredential();
    await this.#storage.credentials.issue({
      id: lookup,
      agentId: agent.id,
      kind: 'join',
      digest,
      generation: agent.generation,
      expiresAt: new Date(Date.now() + JOIN_LIFE_MS),
    });
    return token;
  }

  /** Uses a credential up and opens the agent's next epoch; undefined when it is not good for this agent now. */
  async spend(
    agentId: string,
    secret: string,
  ): Promise<{ epoch: number; generation: number; ack: number } | undefined> {
    const stored = await this.#tokens.authenticate(secret, 'join', (lookup) =>
      this.#storage.credentials.find(lookup),
    );
    if (stored?.kind !== 'join' || stored.agentId !== agentId || !isCredentialLive(stored, new Date()))
      return undefined;
    if (!(await this.#storage.credentials.consume(stored.id))) return undefined;
    try {
      const agent = await this.#storage.agents.openEpoch(
        agentId,
        stored.generation === null ? {} : { generation: stored.generation },
      );
      return { epoch: agent.epoch, generation: agent.generation, ack: agent.ackSeq };
    } catch (error) {
      // A newer start has taken over: this worker is late.
      if (error instanceof StorageError && (error.code === 'STALE' || error.code === 'NOT_FOUND'))
        return undefined;
      throw error;
    }
  }
}

function resumeId(agentId: string, epoch: number, digest: string): string {
  return `resume-${agentId}-${epoch}-${digest.slice(0, 16)}`;
}

/** Gives what the hub asks of the rest, over the database. */
export function storagePorts(parts: StoragePortsParts, joins: JoinCredentials): HubPorts {
  const { storage, audit } = parts;
  return {
    async openEpoch(agentId, secret) {
      const opened = await joins.spend(agentId, secret);
      if (opened) await parts.removeJoinFile(agentId);
      audit.enqueue({
        kind: 'token_event',
        event: opened ? 'join' : 'join_refused',
        agent_id: agentId,
        ...(opened ? { detail: `epoch ${opened.epoch}, generation ${opened.generation}` } : {}),
        timestamp: new Date().toISOString(),
      });
      return opened;
    },
    async saveResume(agentId, epoch, digest) {
      await storage.credentials.issue({
        id: resumeId(agentId, epoch, digest),
        agentId,
        kind: 'resume',
        digest,
        epoch,
      });
    },
    onResumeProven(agentId, epoch, digest) {
      storage.credentials
        .activate(resumeId(agentId, epoch, digest))
        .catch((error: unknown) =>
          parts.log('a resume secret could not be marked as used', { agent: agentId, cause: String(error) }),
        );
    },
    admit: (session) => parts.lifecycle().admit(session),
    workerConfig: parts.workerConfig,
    storeEvents: (agentId, epoch, items) => parts.intake.store(agentId, epoch, items),
    onDelta: (agentId, delta) => parts.feed.publish(agentId, { kind: 'delta', delta }),
    async answer(agentId, request) {
      const entries = await storage.events.history(agentId, request.session_key, request.limit);
      return { ok: true, kind: 'history', entries };
    },
    onWelcomed: (session) => parts.lifecycle().connected(session),
    onDisconnected: (session) => parts.lifecycle().disconnected(session),
    onRefused(agentId, what) {
      parts.log('the link refused something', { agent: agentId, what });
      audit.enqueue({
        kind: 'token_event',
        event: 'link_refused',
        agent_id: agentId,
        detail: what,
        timestamp: new Date().toISOString(),
      });
    },
  };
}
