import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolEvent } from '@clawforce/pool-core';
import { isAlive, lifecycleEvent, type AgentStates } from './agent-states.js';
import type { LifecycleParts } from './lifecycle-parts.js';
import type { WorkerEnds } from './worker-ends.js';

/** What the watch works with. */
export interface WorkerWatchParts {
  readonly parts: LifecycleParts;
  readonly states: AgentStates;
  readonly ends: WorkerEnds;
  /** Runs a step within an agent's turn. */
  readonly inTurn: (agentId: string, work: () => Promise<void>) => Promise<void>;
  readonly reconcileMs: number;
  readonly orphanGraceMs: number;
}

const FOLLOW_AGAIN_MS = 1_000;

/**
 * Follows the pool while the control plane runs: hears of ends at once, and every few seconds compares what really runs
 * with what the database says, so that an event that was missed costs seconds and no worker runs unknown.
 */
export class WorkerWatch {
  readonly #given: WorkerWatchParts;
  readonly #stopped = new AbortController();
  #blind = false;

  constructor(given: WorkerWatchParts) {
    this.#given = given;
  }

  start(): void {
    void this.#follow();
    void this.#lookAgain();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Compares once what the pool runs with what the database says. */
  async look(): Promise<void> {
    const { parts, inTurn } = this.#given;
    const running = new Map(
      (await parts.pool.list())
        .filter(({ state }) => state !== 'exited')
        .map((worker) => [worker.agentId, worker]),
    );
    const alive = await parts.storage.agents.active();
    const suspects = new Set<string>();
    for (const agent of alive)
      if (running.get(agent.id)?.generation !== agent.generation) suspects.add(agent.id);
    const known = new Map(alive.map((agent) => [agent.id, agent]));
    for (const { agentId } of running.values()) if (!known.has(agentId)) suspects.add(agentId);
    await Promise.all([...suspects].map((agentId) => inTurn(agentId, () => this.#settle(agentId))));
  }

  /** What looked wrong may have been a step under way; within the agent's turn it is not. */
  async #settle(agentId: string): Promise<void> {
    const { parts, ends, states, orphanGraceMs } = this.#given;
    const [agent, worker] = [await parts.storage.agents.get(agentId), await parts.pool.inspect(agentId)];
    const running = worker && worker.state !== 'exited' ? worker : undefined;
    const owned = running !== undefined && running.generation === agent?.generation && isAlive(agent);
    if (owned) return;
    if (running) {
      parts.audit.enqueue(
        lifecycleEvent(agentId, 'orphan_ended', 'control-plane', { generation: running.generation }),
      );
      await ends.quietly(running, 'nobody wants this worker', orphanGraceMs);
    }
    if (!agent) return;
    if (isAlive(agent)) await ends.vanished({ agentId, generation: agent.generation }, worker?.exit);
    // A stop that could not be finished is over now; one for the use of disk keeps its reason.
    else if (agent.desired === 'stopped' && agent.status === 'failed' && worker?.exit?.cause !== 'disk')
      await states.set(agent, { status: 'stopped', attested: 'none', reason: 'Stopped by the operator.' });
  }

  async #lookAgain(): Promise<void> {
    const { parts, reconcileMs } = this.#given;
    while (await this.#waits(reconcileMs)) {
      try {
        await this.look();
        this.#blind = false;
      } catch (error) {
        // Said once for as long as it lasts: the engine may be away for a while.
        if (!this.#blind) parts.log('error', 'the pool cannot be looked at', { cause: String(error) });
        this.#blind = true;
      }
    }
  }

  async #follow(): Promise<void> {
    const { parts } = this.#given;
    const { signal } = this.#stopped;
    do {
      try {
        for await (const event of parts.pool.events({ signal })) this.#heard(event);
      } catch (error) {
        parts.log('warn', 'the events of the pool were cut', { cause: String(error) });
      }
      // A pool may be without its engine for a while; the looks go on meanwhile.
    } while (await this.#waits(FOLLOW_AGAIN_MS));
  }

  /** Waits; tells whether the watch is still on then. */
  async #waits(ms: number): Promise<boolean> {
    const { signal } = this.#stopped;
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
    return !signal.aborted;
  }

  #heard(event: PoolEvent): void {
    const { parts, ends, inTurn } = this.#given;
    parts.audit.enqueue({
      kind: 'pool_event',
      agent_id: event.agentId,
      event: event.kind,
      detail: detailOf(event),
      timestamp: event.time,
    });
    if (event.kind === 'exited') {
      inTurn(event.agentId, async () => {
        if (!this.#stopped.signal.aborted) await ends.vanished(event, event.exit);
      }).catch((error: unknown) =>
        parts.log('error', 'an end could not be written down', {
          agent: event.agentId,
          cause: String(error),
        }),
      );
    }
  }
}

function detailOf(event: PoolEvent): string {
  if (event.kind === 'exited') return event.exit.reason;
  if (event.kind === 'oom') return `out of memory: the ${event.victim}`;
  if (event.kind === 'disk') {
    const { action, generation, usedBytes, quotaBytes, reason } = event;
    return JSON.stringify({ generation, action, used_bytes: usedBytes, quota_bytes: quotaBytes, reason });
  }
  return `generation ${event.generation}`;
}
