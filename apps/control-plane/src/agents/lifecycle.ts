import type { AuditEvent } from '@clawforce/audit-log';
import { LINK_CODES } from '@clawforce/protocol';
import { PoolError, type PoolEvent, type WorkerExit, type WorkerRef } from '@clawforce/pool-core';
import { ApiError } from '../errors/api-error.js';
import type { WorkerSession } from '../hub/worker-session.js';
import type { AgentRecord, StatusChange } from '../storage/agents/agent-store.js';
import { StorageError } from '../storage/storage-error.js';
import { KeyedQueue } from './keyed-queue.js';
import { DEFAULT_TIMING, type LifecycleParts, type LifecycleTiming } from './lifecycle-parts.js';
import { startFailure } from './start-failure.js';

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

  /** Writes down that no worker of an earlier control plane runs any more; called once, before anybody asks for a start. */
  async recover(): Promise<void> {
    for (const agent of await this.#parts.storage.agents.active()) {
      await this.#setStatus(agent, { status: 'stopped', reason: 'The control plane was restarted.' });
      await this.#parts.messages.interrupt(agent.id, ['delivered'], 'The control plane was restarted.');
    }
  }

  /** Follows the pool and starts every agent that is to run; called once, after `recover`. */
  async resume(): Promise<void> {
    this.#follow().catch((error: unknown) =>
      this.#parts.log('error', 'the pool is no longer followed', { cause: String(error) }),
    );
    for (const agent of await this.#parts.storage.agents.withDesired('running')) {
      if (agent.mode !== this.#parts.pool.kind) {
        await this.#setStatus(agent, {
          status: 'stopped',
          reason: `The agent is meant for the backend "${agent.mode}", which is not active.`,
        });
        continue;
      }
      this.#queue
        .run(agent.id, async () => {
          // Somebody may have stopped, started or removed it since the list was read.
          const now = await this.#parts.storage.agents.get(agent.id);
          if (now?.desired === 'running' && !isAlive(now)) await this.#launch(agent.id);
        })
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

  /** Stops an agent for good and removes it with `remove`, so that nothing asked for meanwhile starts it in between. */
  retire(agentId: string, remove: () => Promise<void>): Promise<void> {
    return this.#queue.run(agentId, async () => {
      await this.#load(agentId);
      await this.#parts.storage.agents.setDesired(agentId, 'stopped');
      await this.#bringDown(agentId, 'The agent was deleted.', LINK_CODES.deleted);
      await remove();
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
    const active = await this.#parts.storage.agents.active();
    // Also those with a start under way, which the database does not know of yet.
    const ids = new Set([...active.map(({ id }) => id), ...this.#queue.busy]);
    const ended = [...ids].map((id) =>
      this.#queue.run(id, async () => {
        const agent = await this.#parts.storage.agents.get(id);
        if (agent && isAlive(agent))
          await this.#bringDown(id, 'The control plane stops.', LINK_CODES.retryLater);
      }),
    );
    for (const result of await Promise.allSettled(ended)) {
      if (result.status === 'rejected')
        this.#parts.log('error', 'a worker could not be ended', { cause: String(result.reason) });
    }
  }

  async #launch(agentId: string): Promise<AgentRecord> {
    const { storage, pool, launchPad } = this.#parts;
    if (this.#closing) throw new ApiError('INTERRUPTED', 'The server is stopping.');
    let agent = await storage.agents.nextGeneration(agentId);
    agent = await this.#setStatus(agent, { status: 'provisioning', attested: 'none' });
    try {
      // The server's maximum may have been lowered since the level was stored.
      const level = this.#parts.checkLevel(agent.level);
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
      await this.#endQuietly(agent, 'the start failed');
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
    let report;
    try {
      report = await pool.stop(
        { agentId, generation: agent.generation },
        { graceMs: this.#timing.graceMs, reason },
      );
    } catch (error) {
      // Whatever still runs there has no link and no broker any more.
      const why = error instanceof PoolError ? error.message : 'the server log has the details.';
      await this.#fail(agent, `The worker could not be ended: ${why}`);
      throw error;
    }
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
      await this.#endQuietly(agent, 'no hello');
      await this.#fail(agent, `The worker did not connect within ${this.#timing.connectMs / 1000} seconds.`);
    });
  }

  /** Ends what may run of an agent that has failed already. */
  async #endQuietly({ id: agentId, generation }: AgentRecord, reason: string): Promise<void> {
    try {
      await this.#parts.pool.stop({ agentId, generation }, { graceMs: 0, reason });
    } catch (error) {
      this.#parts.log('error', 'a worker could not be ended', { agent: agentId, cause: String(error) });
    }
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
