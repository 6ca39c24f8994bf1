import { LINK_CODES } from '@clawforce/protocol';
import { specHash, type WorkerInspection } from '@clawforce/pool-core';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { isCredentialLive } from '../storage/index.js';
import { isAlive, lifecycleEvent, type AgentStates } from './agent-states.js';
import type { LifecycleParts } from './lifecycle-parts.js';
import type { WorkerEnds } from './worker-ends.js';
import { storedSpec } from './worker-spec.js';

const RESTARTED = 'The control plane was restarted.';

/** What an earlier control plane left: the workers to go on with, by agent. */
export interface Recovery {
  readonly adopted: readonly AgentRecord[];
}

/**
 * Compares what the pool runs with what the database says, before anybody can ask for a start: adopts the workers that
 * belong to a start that still counts, ends every other one, and finishes what a crash left half done.
 */
export async function recoverWorkers(
  parts: LifecycleParts,
  states: AgentStates,
  ends: WorkerEnds,
): Promise<Recovery> {
  const { storage, pool, timing } = parts;
  const found = new Map(
    (await pool.list()).filter(({ state }) => state !== 'exited').map((worker) => [worker.agentId, worker]),
  );
  const active = await storage.agents.active();
  const adopted: AgentRecord[] = [];
  const work: Promise<void>[] = active.map(async (agent) => {
    const worker = found.get(agent.id);
    found.delete(agent.id);
    if (worker && isAdoptable(agent, worker, parts) && (await mayComeBack(agent, parts))) {
      adopted.push(await adopt(agent, parts, states));
      return;
    }
    // Also one that is gone: what its start or its stop left beside it, such as a network, goes now.
    await ends.quietly(
      worker ?? { agentId: agent.id, generation: agent.generation },
      RESTARTED,
      timing?.orphanGraceMs,
    );
    await states.release(agent.id, LINK_CODES.fenced, RESTARTED, false);
    await states.set(agent, { status: 'stopped', attested: 'none', reason: RESTARTED });
  });
  for (const orphan of found.values()) {
    parts.audit.enqueue(
      lifecycleEvent(orphan.agentId, 'orphan_ended', 'control-plane', { generation: orphan.generation }),
    );
    work.push(ends.quietly(orphan, 'nobody wants this worker', timing?.orphanGraceMs));
  }
  // Each for itself: what is wrong with one agent must not keep the others from running.
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected')
      parts.log('error', 'an agent could not be recovered', { cause: String(result.reason) });
  }
  return { adopted };
}

function isAdoptable(agent: AgentRecord, worker: WorkerInspection, { pool }: LifecycleParts): boolean {
  const stored = storedSpec(agent);
  return (
    pool.capabilities.has('adoption') &&
    // One that was created and never started would be waited for in vain.
    (worker.state === 'running' || worker.state === 'paused') &&
    agent.desired === 'running' &&
    agent.mode === pool.kind &&
    isAlive(agent) &&
    worker.generation === agent.generation &&
    stored !== undefined &&
    worker.specHash === specHash(stored)
  );
}

/**
 * Whether the worker can have a credential that is still good. One that spent its join credential and was told nothing
 * behind it would be waited for in vain, and be an orphan all the while.
 */
async function mayComeBack(
  { id, epoch, generation }: AgentRecord,
  { storage }: LifecycleParts,
): Promise<boolean> {
  const now = new Date();
  return (await storage.credentials.listFor(id)).some(
    (credential) =>
      isCredentialLive(credential, now) &&
      (credential.kind === 'join' ? credential.generation === generation : credential.epoch === epoch),
  );
}

/** Opens the sockets again where the running worker looks for them; it comes back by itself, and is looked at then. */
async function adopt(agent: AgentRecord, parts: LifecycleParts, states: AgentStates): Promise<AgentRecord> {
  const { launchPad, hub, storage, audit } = parts;
  const resumes = (await storage.credentials.listFor(agent.id)).filter(
    ({ kind, epoch, supersededAt }) => kind === 'resume' && epoch === agent.epoch && supersededAt === null,
  );
  if (resumes.length > 0) {
    hub.restore(agent.id, agent.epoch, agent.generation, {
      newest: resumes[0]?.digest,
      proven: resumes.find(({ usedAt }) => usedAt !== null)?.digest,
    });
  }
  await launchPad.reopen(agent);
  audit.enqueue(lifecycleEvent(agent.id, 'adopt', 'control-plane', { generation: agent.generation }));
  const joined = resumes.length > 0;
  return states.set(agent, {
    status: joined ? 'disconnected' : 'connecting',
    attested: 'none',
    reason: `${RESTARTED} The worker goes on and is expected back.`,
  });
}
