import { PoolError, type WorkerExit, type WorkerRef } from '@clawforce/pool-core';
import type { LinkCode } from '@clawforce/protocol';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { isAlive, lifecycleEvent, type AgentStates } from './agent-states.js';
import type { LifecycleParts } from './lifecycle-parts.js';
import type { RestartPlan } from './restart-plan.js';

/** Ends workers, wanted or not, and writes down what became of their agents. Runs within the agent's turn. */
export class WorkerEnds {
  readonly #parts: LifecycleParts;
  readonly #states: AgentStates;
  readonly #restarts: RestartPlan;

  constructor(parts: LifecycleParts, states: AgentStates, restarts: RestartPlan) {
    this.#parts = parts;
    this.#states = states;
    this.#restarts = restarts;
  }

  /** Ends the worker of an agent that is not to run; resolves when it is gone. @throws PoolError when it is not */
  async bringDown(
    agent: AgentRecord,
    reason: string,
    code: LinkCode | 1000,
    graceMs: number,
  ): Promise<AgentRecord> {
    const { storage, pool, feed, failpoint } = this.#parts;
    this.#restarts.forget(agent.id);
    // The worker hears of the stop through SIGTERM and may still report while it ends; then the session is closed.
    let report;
    try {
      report = await pool.stop({ agentId: agent.id, generation: agent.generation }, { graceMs, reason });
    } catch (error) {
      // Whatever still runs there has no link and no broker any more; the next look at the pool tries again.
      const why = error instanceof PoolError ? error.message : 'the server log has the details.';
      await this.#states.fail(agent, `The worker could not be ended: ${why}`, undefined);
      throw error;
    }
    await failpoint?.('stop:ended');
    await this.#states.release(agent.id, code, reason, false);
    await failpoint?.('stop:cleared');
    if (report.outcome !== 'absent') {
      const event = await storage.events.record(agent.id, { event_type: 'agent_stopped', content: reason });
      feed.publish(agent.id, { kind: 'event', event });
    }
    const stopped = await this.#states.set(agent, { status: 'stopped', attested: 'none', reason });
    await failpoint?.('stop:written');
    return stopped;
  }

  /** Ends what may run and has no right to; a failure is logged, since the next look at the pool tries again. */
  async quietly(ref: WorkerRef, reason: string, graceMs = 0): Promise<void> {
    const { agentId, generation } = ref;
    try {
      await this.#parts.pool.stop({ agentId, generation }, { graceMs, reason });
    } catch (error) {
      this.#parts.log('error', 'a worker could not be ended', { agent: agentId, cause: String(error) });
    }
  }

  /** Writes down that an agent failed, and plans the next attempt when another one can help. */
  async failed(
    agent: AgentRecord,
    reason: string,
    { retry, attested }: { readonly retry: boolean; readonly attested?: 'mismatched' },
  ): Promise<void> {
    const again = retry && agent.desired === 'running';
    if (!again) this.#restarts.forget(agent.id);
    await this.#states.fail(agent, reason, again ? this.#restarts.schedule(agent.id) : undefined, attested);
  }

  /** The worker of this generation is gone without having been asked to. */
  async vanished(ref: WorkerRef, exit: WorkerExit | undefined): Promise<void> {
    const agent = await this.#parts.storage.agents.get(ref.agentId);
    // A stop has already written `stopped`; a newer generation is another worker's affair.
    if (!agent || agent.generation !== ref.generation || !isAlive(agent)) return;
    if (exit?.cause === 'disk') {
      await this.#overQuota(agent, exit);
      return;
    }
    const why = exit?.reason ?? 'the pool does not know it any more.';
    await this.failed(agent, `The worker ended unexpectedly: ${why}`, { retry: true });
  }

  /**
   * The next worker would find the same files and be stopped again, so nobody starts one, a later control plane neither,
   * until an operator does.
   */
  async #overQuota(agent: AgentRecord, exit: WorkerExit): Promise<void> {
    const { storage, audit } = this.#parts;
    await storage.transaction(async (tx) => {
      await tx.agents.setDesired(agent.id, 'stopped');
      const event = lifecycleEvent(agent.id, 'stop', 'control-plane', { cause: 'disk' });
      await audit.record(event, tx);
    });
    const reason = `The worker was stopped for its use of disk: ${exit.reason}. Make room, then start it again.`;
    await this.failed(agent, reason, { retry: false });
  }
}
