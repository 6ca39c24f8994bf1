import type { AuditEvent } from '@clawforce/audit-log';
import { LINK_CODES } from '@clawforce/protocol';
import {
  isIsolationLevel,
  type AgentPool,
  type PoolEvent,
  type WorkerExit,
  type WorkerRef,
} from '@clawforce/pool-core';
import type { AuditTrail } from '../audit/audit-trail.js';
import { ApiError } from '../errors/api-error.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { WorkerSession } from '../hub/worker-session.js';
import type { MessageService } from '../messages/message-service.js';
import type { AgentRecord, StatusChange } from '../storage/agents/agent-store.js';
import { StorageError } from '../storage/storage-error.js';
import type { Storage } from '../storage/storage.js';
import { KeyedQueue } from './keyed-queue.js';
import { startFailure } from './start-failure.js';

/** What a start needs besides the pool. */
export interface LaunchPad {
  /** Opens the agent's sockets, leaves a join credential there and gives the socket directory. */
  prepare(agent: AgentRecord): Promise<{ readonly socketDir: string; readonly agentRoot: string }>;
  /** Closes the agent's sockets and revokes its credentials. */
  clear(agentId: string): Promise<void>;
}

/** Parts of the lifecycle. */
export interface LifecycleParts {
  readonly storage: Storage;
  readonly pool: AgentPool;
  readonly hub: LinkHub;
  readonly feed: ActivityFeed;
  readonly messages: MessageService;
  readonly audit: AuditTrail;
  readonly launchPad: LaunchPad;
  /** Environment of every worker, beyond what names the agent. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** Whether commands run without a confiner where none works (`CLAWFORCE_UNCONFINED_EXEC=1`). */
  readonly unconfinedExec: boolean;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, detail?: object) => void;
  readonly timing?: Partial<LifecycleTiming>;
}

/** Deadlines in milliseconds. */
export interface LifecycleTiming {
  /** From the start of a worker to its hello. */
  readonly connectMs: number;
  /** From the request to stop to the kill. */
  readonly graceMs: number;
}

const DEFAULT_TIMING: LifecycleTiming = { connectMs: 30_000, graceMs: 5_000 };

/**
 * Brings agents to their desired state: starts and stops workers through the pool, follows their links, and says why
 * one failed. All steps of one agent run one after the other.
 */
export class AgentLifecycle {
  readonly #parts: LifecycleParts;
  readonly #timing: LifecycleTiming;
  readonly #queue = new KeyedQueue();
  readonly #connectTimers = new Map<string, NodeJS.Timeout>();
  readonly #watch = new AbortController();
  #closing = false;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    this.#timing = { ...DEFAULT_TIMING, ...parts.timing };
  }

  /** Follows the pool and brings every agent to its desired state; called once at boot. */
  async resume(): Promise<void> {
    void this.#follow();
    for (const agent of await this.#parts.storage.agents.active()) {
      await this.#setStatus(agent, { status: 'stopped', reason: 'The control plane was restarted.' });
      await this.#parts.messages.interrupt(agent.id, ['delivered'], 'The control plane was restarted.');
    }
    for (const agent of await this.#parts.storage.agents.withDesired('running')) {
      if (agent.mode !== this.#parts.pool.kind) {
        await this.#setStatus(agent, {
          status: 'stopped',
          reason: `The agent is meant for the backend "${agent.mode}", which is not active.`,
        });
        continue;
      }
      this.#queue
        .run(agent.id, () => this.#launch(agent.id))
        .catch((error: unknown) =>
          this.#parts.log('warn', 'an agent could not be resumed', {
            agent: agent.id,
            code: (error as { code?: string }).code,
          }),
        );
    }
  }

  /** Starts an agent; resolves when its worker is launched. @throws ApiError */
  start(agentId: string, actor: string): Promise<AgentRecord> {
    return this.#queue.run(agentId, async () => {
      const agent = await this.#load(agentId);
      if (agent.mode !== this.#parts.pool.kind) {
        throw new ApiError(
          'BACKEND_MISMATCH',
          `The agent is meant for the backend "${agent.mode}", but "${this.#parts.pool.kind}" is active.`,
          {
            fix: `Set the agent's mode to "${this.#parts.pool.kind}", or start the server with ADMIN_RUNTIME_BACKEND=${agent.mode}.`,
          },
        );
      }
      if (agent.desired === 'running' && isAlive(agent)) return agent;
      await this.#parts.storage.transaction(async (tx) => {
        await tx.agents.setDesired(agentId, 'running');
        await this.#parts.audit.record(lifecycleEvent(agentId, 'start', actor), tx);
      });
      return this.#launch(agentId);
    });
  }

  /** Stops an agent; resolves when its worker is gone. */
  stop(agentId: string, actor: string): Promise<AgentRecord> {
    return this.#queue.run(agentId, async () => {
      await this.#load(agentId);
      await this.#parts.storage.transaction(async (tx) => {
        await tx.agents.setDesired(agentId, 'stopped');
        await this.#parts.audit.record(lifecycleEvent(agentId, 'stop', actor), tx);
      });
      return this.#bringDown(agentId, 'Stopped by the operator.');
    });
  }

  /** Stops an agent for good, before its row is removed. */
  retire(agentId: string): Promise<void> {
    return this.#queue.run(agentId, async () => {
      await this.#parts.storage.agents.setDesired(agentId, 'stopped');
      await this.#bringDown(agentId, 'The agent was deleted.', LINK_CODES.deleted);
    });
  }

  /** The worker said a valid hello. */
  connected(session: WorkerSession): void {
    clearTimeout(this.#connectTimers.get(session.agentId));
    this.#connectTimers.delete(session.agentId);
    this.#inBackground(session.agentId, async () => {
      if (session.ended) return;
      const agent = await this.#parts.storage.agents.get(session.agentId);
      if (!agent || agent.epoch !== session.epoch) return;
      const reason = this.#commandsWarning(session);
      await this.#setStatus(
        agent,
        { status: 'running', attested: 'none', ...(reason === undefined ? {} : { reason }) },
        { epoch: session.epoch },
      );
      await this.#parts.messages.dispatchQueued(session.agentId);
    });
  }

  /** The link is gone, though the worker may come back. */
  disconnected(session: WorkerSession): void {
    if (this.#closing) return;
    this.#inBackground(session.agentId, async () => {
      const agent = await this.#parts.storage.agents.get(session.agentId);
      if (agent?.status !== 'running' || session.connected || session.ended) return;
      await this.#setStatus(
        agent,
        { status: 'disconnected', reason: 'The link to the worker is gone; it may come back.' },
        { epoch: session.epoch },
      );
    });
  }

  /** Ends every worker and keeps the desired states, for a graceful stop of the control plane. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#watch.abort();
    for (const timer of this.#connectTimers.values()) clearTimeout(timer);
    const agents = await this.#parts.storage.agents.active();
    await Promise.all(
      agents.map((agent) =>
        this.#queue.run(agent.id, () =>
          this.#bringDown(agent.id, 'The control plane stops.', LINK_CODES.retryLater),
        ),
      ),
    );
  }

  async #launch(agentId: string): Promise<AgentRecord> {
    const { storage, pool, launchPad } = this.#parts;
    let agent = await storage.agents.nextGeneration(agentId);
    const { level } = agent;
    if (!isIsolationLevel(level))
      throw new ApiError('LEVEL_UNSUPPORTED', 'The stored isolation level is unknown.');
    agent = await this.#setStatus(agent, { status: 'provisioning', attested: 'none' });
    try {
      const place = await launchPad.prepare(agent);
      agent = await this.#setStatus(agent, { status: 'connecting' });
      this.#connectTimers.set(
        agentId,
        setTimeout(() => this.#giveUp(agentId, agent.generation), this.#timing.connectMs),
      );
      await pool.start({
        agentId,
        generation: agent.generation,
        level,
        agentRoot: place.agentRoot,
        socketDir: place.socketDir,
        env: {
          ...this.#parts.workerEnv,
          AGENT_ID: agentId,
          AGENT_ROOT: place.agentRoot,
          AGENT_SOCKET_DIR: place.socketDir,
        },
        limits: {},
      });
      return agent;
    } catch (error) {
      await this.#fail(agent, startFailure(error).message);
      throw startFailure(error);
    }
  }

  async #bringDown(agentId: string, reason: string, code: 1000 | 4404 | 4503 = 1000): Promise<AgentRecord> {
    const { storage, pool, hub, messages, launchPad } = this.#parts;
    clearTimeout(this.#connectTimers.get(agentId));
    this.#connectTimers.delete(agentId);
    const agent = await this.#load(agentId);
    // The worker hears of the stop through SIGTERM and may still report while it ends; then the session is closed.
    const report = await pool.stop(
      { agentId, generation: agent.generation },
      { graceMs: this.#timing.graceMs, reason },
    );
    hub.end(agentId, code, reason);
    await launchPad.clear(agentId);
    await messages.interrupt(agentId, ['queued', 'delivered'], reason);
    if (report.outcome !== 'absent') {
      const event = await storage.events.record(agentId, { event_type: 'agent_stopped', content: reason });
      this.#parts.feed.publish(agentId, { kind: 'event', event });
    }
    return this.#setStatus(agent, { status: 'stopped', reason });
  }

  async #follow(): Promise<void> {
    for await (const event of this.#parts.pool.events({ signal: this.#watch.signal })) {
      if (event.kind === 'exited') this.#exited(event, event.exit);
      this.#auditPoolEvent(event);
    }
  }

  /** A worker ended. When nobody asked for it, the agent has failed. */
  #exited(ref: WorkerRef, exit: WorkerExit): void {
    this.#inBackground(ref.agentId, async () => {
      if (this.#closing) return;
      const agent = await this.#parts.storage.agents.get(ref.agentId);
      // A stop has already written `stopped`; a newer generation is another worker's affair.
      if (!agent || agent.generation !== ref.generation || !isAlive(agent)) return;
      await this.#fail(agent, `The worker ended unexpectedly: ${exit.reason}`);
    });
  }

  #giveUp(agentId: string, generation: number): void {
    this.#inBackground(agentId, async () => {
      const agent = await this.#parts.storage.agents.get(agentId);
      if (agent?.generation !== generation || agent.status !== 'connecting') return;
      await this.#parts.pool.stop({ agentId, generation }, { graceMs: 0, reason: 'no hello' });
      await this.#fail(agent, `The worker did not connect within ${this.#timing.connectMs / 1000} seconds.`);
    });
  }

  async #fail(agent: AgentRecord, reason: string): Promise<void> {
    const { hub, launchPad, messages, storage, feed } = this.#parts;
    clearTimeout(this.#connectTimers.get(agent.id));
    this.#connectTimers.delete(agent.id);
    hub.end(agent.id, LINK_CODES.fenced, reason);
    await launchPad.clear(agent.id);
    await messages.interrupt(agent.id, ['queued', 'delivered'], reason);
    const event = await storage.events.record(agent.id, { event_type: 'error', content: reason });
    feed.publish(agent.id, { kind: 'event', event });
    await this.#setStatus(agent, { status: 'failed', reason });
  }

  async #setStatus(
    agent: AgentRecord,
    change: StatusChange,
    only: { generation?: number; epoch?: number } = { generation: agent.generation },
  ): Promise<AgentRecord> {
    try {
      const next = await this.#parts.storage.agents.setStatus(agent.id, change, only);
      this.#parts.feed.publish(agent.id, { kind: 'status', agent: next });
      return next;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'STALE') return this.#load(agent.id);
      throw error;
    }
  }

  async #load(agentId: string): Promise<AgentRecord> {
    const agent = await this.#parts.storage.agents.get(agentId);
    if (!agent) throw new ApiError('NOT_FOUND', 'There is no such agent.');
    return agent;
  }

  /** Runs a step that nobody waits for; its failure must not end the server. */
  #inBackground(agentId: string, work: () => Promise<void>): void {
    this.#queue.run(agentId, work).catch((error: unknown) => {
      this.#parts.log('error', 'a step of an agent failed', { agent: agentId, cause: String(error) });
    });
  }

  /** Says, and records, when commands of this worker are not confined. */
  #commandsWarning({ agentId, confinesCommands }: WorkerSession): string | undefined {
    if (confinesCommands) return undefined;
    if (!this.#parts.unconfinedExec) return 'Commands are refused: no confiner works on this host.';
    this.#parts.audit.enqueue(lifecycleEvent(agentId, 'unconfined_exec', 'control-plane'));
    return 'Commands run WITHOUT confinement (CLAWFORCE_UNCONFINED_EXEC=1).';
  }

  #auditPoolEvent(event: PoolEvent): void {
    this.#parts.audit.enqueue({
      kind: 'pool_event',
      agent_id: event.agentId,
      event: event.kind,
      detail: event.kind === 'exited' ? event.exit.reason : `generation ${event.generation}`,
      timestamp: event.time,
    });
  }
}

function isAlive(agent: AgentRecord): boolean {
  return agent.status !== 'stopped' && agent.status !== 'failed';
}

function lifecycleEvent(agentId: string, event: string, actor: string): AuditEvent {
  return { kind: 'agent_lifecycle', agent_id: agentId, event, actor, timestamp: new Date().toISOString() };
}
