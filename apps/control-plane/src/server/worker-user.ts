import type { Settings } from '../settings/index.js';
import type { AgentRecord, Storage } from '../storage/index.js';

/** Whether each agent gets a user of its own, or all share the control plane's (ARCHITECTURE section 7). */
export function uidMode(): 'per-agent' | 'shared' {
  return process.getuid?.() === 0 && process.platform === 'linux' ? 'per-agent' : 'shared';
}

/**
 * Gives the numeric owner of an agent's worker and of what it may write; undefined where the worker runs as the control
 * plane's own user. Only containers get one: a worker process of this host needs files that other users cannot read.
 */
export async function workerUser(
  agent: Pick<AgentRecord, 'id' | 'mode'>,
  storage: Pick<Storage, 'agents'>,
  { docker }: Pick<Settings, 'docker'>,
): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (agent.mode !== 'docker' || uidMode() === 'shared') return undefined;
  const uid = await storage.agents.claimWorkerUid(agent.id, docker.uidRange);
  return { uid, gid: uid };
}
