import type { WorkerSpec } from '@clawforce/pool-core';
import { LINK_CODES, type LinkCode } from '@clawforce/protocol';
import { ApiError } from '../errors/api-error.js';
import type { Admission } from '../hub/link-hub.js';
import type { WorkerSession } from '../hub/worker-session.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { AgentStates, isAlive, lifecycleEvent } from './agent-states.js';
import { EarlyLooks } from './early-looks.js';
import { missingKernelFeature } from './kernel-features.js';
import { KeyedQueue } from './keyed-queue.js';
import { DEFAULT_TIMING, type LifecycleParts, type LifecycleTiming } from './lifecycle-parts.js';
import { RestartPlan } from './restart-plan.js';
import { canRetry, failureReason, startFailure } from './start-failure.js';
import { admitWorker, refuseMismatched } from './worker-admission.js';
import { WorkerEnds } from './worker-ends.js';
import { isElevated } from './worker-config.js';
import { OLDER_IMAGE } from './worker-images.js';
import { launchWorker } from './worker-launch.js';
import { recoverWorkers } from './worker-recovery.js';
import { storedSpec } from './worker-spec.js';
import { WorkerWatch } from './worker-watch.js';

/** Name of the measure that `recover` leaves in the performance timeline of this process. */
export const ADOPTION_MEASURE = 'clawforce.adoption';

/**
 * Brings agents to their desired state, which the database holds: starts, adopts, restarts and stops workers through the
 * pool, follows their links, and says why one failed. All steps of one agent run one after the other, in its turn.
 */
export class AgentLifecycle {
  readonly #parts: LifecycleParts;
  readonly #timing: LifecycleTiming;
  readonly #queue = new KeyedQueue();
  readonly #deadlines = new Map<string, NodeJS.Timeout>();
  /** Generations of workers that an earlier control plane has started. */
  readonly #adopted = new Map<string, number>();
  readonly #looks: EarlyLooks;
  readonly #restarts: RestartPlan;
  readonly #states: AgentStates;
  readonly #ends: WorkerEnds;
  readonly #watch: WorkerWatch;
  #closing = false;

  constructor(given: LifecycleParts) {
    this.#timing = { ...DEFAULT_TIMING, ...given.timing };
    this.#parts = { ...given, timing: this.#timing };
    this.#looks = new EarlyLooks(this.#parts.attest);
    this.#restarts = new RestartPlan(this.#timing, (agentId) => this.#restart(agentId));
    this.#states = new AgentStates(this.#parts);
    this.#ends = new WorkerEnds(this.#parts, this.#states, this.#restarts);
    this.#watch = new WorkerWatch({
      parts: this.#parts,
      states: this.#states,
      ends: this.#ends,
      inTurn: (agentId, work) => this.#queue.run(agentId, work),
      reconcileMs: this.#timing.reconcileMs,
      orphanGraceMs: this.#timing.orphanGraceMs,
    });
  }

  /** Settles what an earlier control plane left; called once, before anybody can ask for a start. */
  async recover(): Promise<void> {
    const start = performance.now();
    const { adopted } = await recoverWorkers(this.#parts, this.#states, this.#ends);
    for (const agent of adopted) {
      this.#adopted.set(agent.id, agent.generation);
      this.#awaitLink(agent);
    }
    if (adopted.length === 0) return;
    // The benchmark listens for it.
    const { duration } = performance.measure(ADOPTION_MEASURE, { start, end: performance.now() });
    const took = { workers: adopted.length, took_ms: Math.round(duration) };
    this.#parts.log('info', 'adopted running workers', took);
    await this.#parts.images.next().catch((error: unknown) =>
      // They do not need it; the next start does, and says what is missing.
      this.#parts.log('warn', 'the image of the next start is not there', { cause: String(error) }),
    );
  }

  /** Follows the pool and starts every agent that is to run; called once, after `recover`. */
  async resume(): Promise<void> {
    this.#watch.start();
    for (const agent of await this.#parts.storage.agents.withDesired('running')) {
      if (isAlive(agent)) continue;
      if (agent.mode !== this.#parts.pool.kind) {
        const reason = `The agent is meant for the backend "${agent.mode}", which is not active.`;
        await this.#states.set(agent, { status: 'stopped', attested: 'none', reason });
        continue;
      }
      this.#restart(agent.id);
    }
  }

  /** Starts an agent; resolves when its worker is launched. @throws ApiError */
  start(agentId: string, actor: string): Promise<AgentRecord> {
    return this.#queue.run(agentId, async () => {
      const agent = await this.#states.load(agentId);
      const { kind } = this.#parts.pool;
      if (agent.mode !== kind) {
        throw new ApiError(
          'BACKEND_MISMATCH',
          `The agent is meant for the backend "${agent.mode}", but "${kind}" is active.`,
          {
            fix: `Set the agent's mode to "${kind}", or start the server with ADMIN_RUNTIME_BACKEND=${agent.mode}.`,
          },
        );
      }
      if (agent.desired === 'running' && isAlive(agent)) return agent;
      this.#restarts.forget(agentId);
      await this.#parts.storage.transaction(async (tx) => {
        await tx.agents.setDesired(agentId, 'running');
        await this.#parts.audit.record(lifecycleEvent(agentId, 'start', actor), tx);
      });
      await this.#parts.failpoint?.('start:wanted');
      return this.#launch(agentId);
    });
  }

  /** Stops an agent; resolves when its worker is gone. */
  stop(agentId: string, actor: string): Promise<AgentRecord> {
    return this.#queue.run(agentId, async () => {
      await this.#states.load(agentId);
      await this.#parts.storage.transaction(async (tx) => {
        await tx.agents.setDesired(agentId, 'stopped');
        await this.#parts.audit.record(lifecycleEvent(agentId, 'stop', actor), tx);
      });
      await this.#parts.failpoint?.('stop:wanted');
      return this.#bringDown(agentId, 'Stopped by the operator.');
    });
  }

  /** Stops an agent for good and removes it with `remove`, so that nothing asked for meanwhile starts it in between. */
  retire(agentId: string, remove: () => Promise<void>): Promise<void> {
    return this.#queue.run(agentId, async () => {
      await this.#states.load(agentId);
      await this.#parts.storage.agents.setDesired(agentId, 'stopped');
      await this.#bringDown(agentId, 'The agent was deleted.', LINK_CODES.deleted);
      await remove();
      this.#adopted.delete(agentId);
      this.#looks.forget(agentId);
      await this.#parts.forget?.(agentId).catch((error: unknown) =>
        this.#parts.log('error', 'what an engine keeps of a removed agent could not be removed', {
          agent: agentId,
          cause: String(error),
        }),
      );
    });
  }

  /** A worker said a valid hello: says whether it may work. */
  admit(session: WorkerSession): Promise<Admission> {
    return this.#queue.run(session.agentId, () =>
      admitWorker(session, this.#parts, this.#states, this.#ends, {
        adopted: this.#adopted.get(session.agentId) === session.generation,
        attest: (spec) => this.#looks.take(spec),
      }),
    );
  }

  /** An admitted worker has its welcome. */
  connected(session: WorkerSession): void {
    this.#inBackground(session.agentId, async () => {
      if (session.ended) return;
      const agent = await this.#parts.storage.agents.get(session.agentId);
      if (!agent || agent.epoch !== session.epoch || !isAlive(agent)) return;
      this.#clearDeadline(session.agentId);
      const warnings = [
        this.#commandsWarning(session, isElevated(agent)),
        this.#parts.images.of(agent)?.outdated === true ? OLDER_IMAGE : undefined,
      ].filter((warning) => warning !== undefined);
      await this.#states.set(
        agent,
        { status: 'running', ...(warnings.length === 0 ? {} : { reason: warnings.join(' ') }) },
        { epoch: session.epoch },
      );
      this.#restarts.running(session.agentId);
      await this.#parts.failpoint?.('hello:running');
      await this.#parts.messages.dispatchWaiting(session.agentId);
    });
  }

  /** The link is gone, though the worker may come back. */
  disconnected(session: WorkerSession): void {
    if (this.#closing) return;
    this.#inBackground(session.agentId, async () => {
      const agent = await this.#parts.storage.agents.get(session.agentId);
      if (agent?.status !== 'running' || session.connected || session.ended) return;
      const lost = await this.#states.set(
        agent,
        { status: 'disconnected', reason: 'The link to the worker is gone; it may come back.' },
        { epoch: session.epoch },
      );
      this.#awaitLink(lost);
    });
  }

  /**
   * Lets go of every worker for a graceful stop of the control plane and keeps the desired states: workers that outlive
   * their pool go on, others are ended.
   */
  async close(): Promise<void> {
    this.#closing = true;
    this.#watch.stop();
    this.#restarts.close();
    for (const timer of this.#deadlines.values()) clearTimeout(timer);
    const goOn = this.#parts.pool.capabilities.has('outlives-close');
    const active = goOn ? [] : await this.#parts.storage.agents.active();
    // Also those with a step under way, which the database does not know of yet.
    const ids = new Set([...active.map(({ id }) => id), ...this.#queue.busy]);
    const ended = [...ids].map((id) =>
      this.#queue.run(id, async () => {
        if (goOn) return;
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
    if (this.#closing) throw new ApiError('INTERRUPTED', 'The server is stopping.');
    try {
      const agent = await launchWorker(agentId, this.#parts, this.#states);
      this.#awaitLink(agent);
      const spec = storedSpec(agent);
      if (spec) this.#lookEarly(spec);
      return agent;
    } catch (error) {
      const agent = await this.#states.load(agentId);
      const failure = startFailure(error);
      await this.#ends.quietly({ agentId, generation: agent.generation }, 'the start failed');
      const retry = canRetry(failure) && !this.#closing;
      await this.#ends.failed(agent, failureReason(failure), { retry });
      throw failure;
    }
  }

  /** Looks at a worker while it comes up; one that differs is ended at once, whether it ever says hello or not. */
  #lookEarly(spec: WorkerSpec): void {
    void this.#looks.begin(spec).then((found) => {
      if (found?.attested !== 'mismatched') return;
      this.#inBackground(spec.agentId, async () => {
        const agent = await this.#parts.storage.agents.get(spec.agentId);
        if (!agent || agent.generation !== spec.generation || !isAlive(agent) || this.#closing) return;
        // What has ended meanwhile is told with its own reason, and may be tried again.
        const worker = await this.#parts.pool.inspect(agent.id);
        if (worker?.generation !== spec.generation || worker.state === 'exited') return;
        this.#clearDeadline(agent.id);
        await refuseMismatched(agent, spec, found, { parts: this.#parts, ends: this.#ends, adopted: false });
      });
    });
  }

  /** Starts an agent that is to run and has no worker: after a failure, or after a start of the control plane. */
  #restart(agentId: string): void {
    this.#queue
      .run(agentId, async () => {
        // Somebody may have stopped, started or removed it since this was planned.
        const agent = await this.#parts.storage.agents.get(agentId);
        if (agent?.desired !== 'running' || agent.mode !== this.#parts.pool.kind || isAlive(agent)) return;
        this.#parts.audit.enqueue(lifecycleEvent(agentId, 'restart', 'control-plane'));
        await this.#launch(agentId);
      })
      .catch((error: unknown) =>
        this.#parts.log('warn', 'an agent could not be started again', {
          agent: agentId,
          code: (error as { code?: string }).code,
          // The status of an agent whose start failed for an unknown reason refers to it.
          cause: String((error as { cause?: unknown }).cause ?? error),
        }),
      );
  }

  async #bringDown(agentId: string, reason: string, code: LinkCode | 1000 = 1000): Promise<AgentRecord> {
    this.#clearDeadline(agentId);
    return this.#ends.bringDown(await this.#states.load(agentId), reason, code, this.#timing.graceMs);
  }

  /** Gives up a worker that has no link when the time is over. */
  #awaitLink({ id, generation }: AgentRecord): void {
    this.#clearDeadline(id);
    const giveUp = (): void =>
      this.#inBackground(id, async () => {
        const agent = await this.#parts.storage.agents.get(id);
        const waits = agent?.status === 'connecting' || agent?.status === 'disconnected';
        if (!waits || agent.generation !== generation || this.#closing) return;
        const reason = `The worker did not connect within ${this.#timing.connectMs / 1000} seconds.`;
        await this.#ends.quietly({ agentId: id, generation }, reason);
        await this.#ends.failed(agent, reason, { retry: true });
      });
    this.#deadlines.set(id, setTimeout(giveUp, this.#timing.connectMs));
  }

  #clearDeadline(agentId: string): void {
    clearTimeout(this.#deadlines.get(agentId));
    this.#deadlines.delete(agentId);
  }

  /** Runs a step that nobody waits for; its failure must not end the server. */
  #inBackground(agentId: string, work: () => Promise<void>): void {
    this.#queue.run(agentId, work).catch((error: unknown) => {
      this.#parts.log('error', 'a step of an agent failed', { agent: agentId, cause: String(error) });
    });
  }

  /** Says, and records, when commands of this worker are not confined. */
  #commandsWarning(session: WorkerSession, privileged: boolean): string | undefined {
    const { agentId, confinesCommands, capabilities } = session;
    if (confinesCommands) return undefined;
    if (privileged) return 'Commands have no walls of their own at the level privileged.';
    if (!this.#parts.unconfinedExec) {
      const missing = missingKernelFeature(capabilities) ?? 'no confiner works on this host';
      return `Commands are refused: ${missing}.`;
    }
    this.#parts.audit.enqueue(lifecycleEvent(agentId, 'unconfined_exec', 'control-plane'));
    return 'Commands run WITHOUT confinement (CLAWFORCE_UNCONFINED_EXEC=1).';
  }
}
