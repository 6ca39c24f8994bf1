import type { AgentStanding } from './agent-standing.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { WorkerImageView } from './worker-images.js';
import { storedSpec } from './worker-spec.js';

/** An agent as the API shows it. */
export interface AgentView extends AgentStanding {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly color: string | null;
  readonly status: string;
  readonly desired: string;
  readonly reason: string | null;
  /** ISO 8601. */
  readonly since: string;
  readonly mode: string;
  /** The level that the next start gets. */
  readonly level: string;
  /** The level of the present worker; null without one. */
  readonly running_level: string | null;
  readonly attested: string;
  /** What the present worker is made from; null without one, and in a pool without images. */
  readonly image: WorkerImageView | null;
  readonly epoch: number;
  readonly owner: { readonly id: string; readonly username: string } | null;
  readonly is_demo: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

const HAS_WORKER = new Set(['provisioning', 'connecting', 'running', 'disconnected']);

/** Gives an agent as the API shows it; `username` is the owner's name, `image` that of its worker. */
export function agentView(
  agent: AgentRecord,
  username: string | undefined,
  standing: AgentStanding,
  image: WorkerImageView | null,
): AgentView {
  const hasWorker = HAS_WORKER.has(agent.status);
  return {
    id: agent.id,
    name: agent.name,
    description: agent.description,
    color: agent.color,
    status: agent.status,
    desired: agent.desired,
    reason: agent.statusReason,
    since: agent.statusSince.toISOString(),
    mode: agent.mode,
    level: agent.level,
    running_level: hasWorker ? (storedSpec(agent)?.level ?? null) : null,
    attested: agent.attested,
    image: hasWorker ? image : null,
    epoch: agent.epoch,
    owner: agent.ownerUserId === null ? null : { id: agent.ownerUserId, username: username ?? '' },
    is_demo: agent.isDemo,
    created_at: agent.createdAt.toISOString(),
    updated_at: agent.updatedAt.toISOString(),
    ...standing,
  };
}
