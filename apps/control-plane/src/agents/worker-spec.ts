import {
  checkSpec,
  ISOLATION_LEVELS,
  type ResolvedLevel,
  type WorkerImage,
  type WorkerSpec,
} from '@clawforce/pool-core';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { LaunchPlace, LifecycleParts } from './lifecycle-parts.js';

/** Gives what the pool is asked for. It holds no secret: it is kept in the database. */
export function workerSpec(
  agent: Pick<AgentRecord, 'id' | 'generation'>,
  { level, limits, tightening }: ResolvedLevel,
  place: LaunchPlace,
  {
    mountedAt,
    workerEnv,
    image,
  }: Pick<LifecycleParts, 'mountedAt' | 'workerEnv'> & { readonly image?: WorkerImage | undefined },
): WorkerSpec {
  const seen = mountedAt ?? place;
  return {
    agentId: agent.id,
    generation: agent.generation,
    level,
    ...(Object.keys(tightening).length > 0 ? { tightening } : {}),
    agentRoot: place.agentRoot,
    socketDir: place.socketDir,
    env: {
      ...workerEnv,
      AGENT_ID: agent.id,
      AGENT_ROOT: seen.agentRoot,
      AGENT_SOCKET_DIR: seen.socketDir,
      // In a container of its own, and with no other walls for commands, a worker does not look for bubblewrap.
      ...(mountedAt
        ? { AGENT_CONFINER: ISOLATION_LEVELS[level].confineCommands ? 'container' : 'none' }
        : {}),
    },
    limits,
    ...(image ? { image } : {}),
    ...(place.user ? { user: place.user } : {}),
  };
}

/** Gives what the agent's present worker was asked for; undefined when that is not known. */
export function storedSpec({
  id,
  generation,
  workerSpec: stored,
}: Pick<AgentRecord, 'id' | 'generation' | 'workerSpec'>): WorkerSpec | undefined {
  if (stored === null) return undefined;
  try {
    const spec = JSON.parse(stored) as WorkerSpec;
    checkSpec(spec);
    return spec.agentId === id && spec.generation === generation ? spec : undefined;
  } catch {
    return undefined;
  }
}
