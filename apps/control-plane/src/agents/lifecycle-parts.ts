import type { AgentPool, IsolationLevel } from '@clawforce/pool-core';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { MessageService } from '../messages/message-service.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { Storage } from '../storage/storage.js';

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
  /** Gives the level, or refuses one that this server does not start. */
  readonly checkLevel: (level: string) => IsolationLevel;
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

/** The deadlines of real use. */
export const DEFAULT_TIMING: LifecycleTiming = { connectMs: 30_000, graceMs: 5_000 };
