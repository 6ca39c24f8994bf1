import type { AuditEvent } from '@clawforce/audit-log';
import { PoolError, type WorkerSpec } from '@clawforce/pool-core';
import type { Admission } from '../hub/link-hub.js';
import type { WorkerSession } from '../hub/worker-session.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { isAlive, type AgentStates } from './agent-states.js';
import type { AttestWorker, WorkerAttestation } from './attest-worker.js';
import type { LifecycleParts } from './lifecycle-parts.js';
import type { WorkerEnds } from './worker-ends.js';
import { storedSpec } from './worker-spec.js';

/**
 * Looks at a worker from outside, after its hello and before it gets configuration, broker and messages. One that differs
 * from what was asked for is ended, with the fields that differ in status and audit. Runs within the agent's turn.
 */
export async function admitWorker(
  session: WorkerSession,
  parts: LifecycleParts,
  states: AgentStates,
  ends: WorkerEnds,
  { adopted, attest }: { readonly adopted: boolean; readonly attest: AttestWorker },
): Promise<Admission> {
  const agent = await parts.storage.agents.get(session.agentId);
  const spec = agent && storedSpec(agent);
  if (
    !agent ||
    !spec ||
    session.ended ||
    !isAlive(agent) ||
    agent.epoch !== session.epoch ||
    agent.generation !== session.generation
  ) {
    return { admitted: false, reason: 'This worker is not the present one of its agent.' };
  }
  let found: WorkerAttestation;
  try {
    found = await attest(spec);
  } catch (error) {
    parts.log('error', 'a worker could not be attested', { agent: agent.id, cause: String(error) });
    const cause = error instanceof PoolError ? error.message : 'the server log has the details';
    parts.audit.enqueue(attestationEvent(spec, { attested: 'failed', differences: [], reason: cause }));
    const reason = 'The isolation of the worker could not be confirmed; the server log has the details.';
    await ends.quietly(spec, reason);
    await ends.failed(agent, reason, { retry: true });
    return { admitted: false, reason };
  }
  if (found.attested === 'mismatched')
    return { admitted: false, reason: await refuseMismatched(agent, spec, found, { parts, ends, adopted }) };
  parts.audit.enqueue(attestationEvent(spec, found));
  await states.set(agent, { status: agent.status, attested: found.attested }, { epoch: session.epoch });
  await parts.failpoint?.('hello:attested');
  return { admitted: true };
}

/** Ends a worker that is not isolated as asked for; gives the reason. Runs within the agent's turn. */
export async function refuseMismatched(
  agent: AgentRecord,
  spec: WorkerSpec,
  found: WorkerAttestation,
  {
    parts,
    ends,
    adopted,
  }: { readonly parts: LifecycleParts; readonly ends: WorkerEnds; readonly adopted: boolean },
): Promise<string> {
  parts.audit.enqueue(attestationEvent(spec, found));
  const reason = `The worker is not isolated as requested: ${found.reason}.`;
  await ends.quietly(spec, reason);
  // The engine would do the same again, unless it was an earlier version that asked for something else.
  await ends.failed(agent, reason, { retry: adopted, attested: 'mismatched' });
  return reason;
}

function attestationEvent(
  { agentId, generation, user }: WorkerSpec,
  {
    attested,
    differences,
    reason,
  }: Omit<WorkerAttestation, 'attested'> & { readonly attested: WorkerAttestation['attested'] | 'failed' },
): AuditEvent {
  return {
    kind: 'pool_event',
    event: `attestation_${attested}`,
    agent_id: agentId,
    timestamp: new Date().toISOString(),
    detail: JSON.stringify({
      generation,
      // Whether the worker runs as a user of its own (ARCHITECTURE section 7).
      uid_mode: user ? 'per-agent' : 'shared',
      reason,
      ...(differences.length > 0 ? { differences } : {}),
    }),
  };
}
