import type { AgentPool, ResolvedLevel, WorkerSpec } from '@clawforce/pool-core';
import type { PoolStep } from '@clawforce/pool-docker';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { MessageService } from '../messages/message-service.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { Storage } from '../storage/storage.js';
import type { AttestWorker } from './attest-worker.js';
import type { RestartTiming } from './restart-plan.js';
import type { WorkerImages } from './worker-images.js';

/** Where a worker finds its agent, as paths of the control plane's host. */
export interface LaunchPlace {
  readonly socketDir: string;
  readonly agentRoot: string;
  /** Numeric owner of the worker and of what it may write. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** What a start needs besides the pool. */
export interface LaunchPad {
  /**
   * Opens the agent's sockets in a fresh directory, leaves a join credential there and says where everything is.
   * `onListening` is waited for between the two; for tests.
   */
  prepare(agent: AgentRecord, onListening?: () => Promise<void> | void): Promise<LaunchPlace>;
  /** Opens the sockets again in the directory that a running worker has; its join credential stays as it is. */
  reopen(agent: AgentRecord): Promise<void>;
  /** Closes the agent's sockets, removes their directory and revokes its credentials. */
  clear(agentId: string): Promise<void>;
}

/** Where a test may stop a start or a stop, to see what becomes of it. */
export type Failpoint =
  | 'start:wanted'
  | 'start:generation'
  | 'start:provisioning'
  | 'start:listening'
  | 'start:prepared'
  | 'start:recorded'
  | 'start:launched'
  | 'hello:attested'
  | 'hello:running'
  | 'stop:wanted'
  | 'stop:ended'
  | 'stop:cleared'
  | 'stop:written'
  | `pool:${PoolStep}`;

/** Parts of the lifecycle. */
export interface LifecycleParts {
  readonly storage: Storage;
  readonly pool: AgentPool;
  readonly hub: LinkHub;
  readonly feed: ActivityFeed;
  readonly messages: MessageService;
  readonly audit: AuditTrail;
  readonly launchPad: LaunchPad;
  /** Gives what the pool has to enforce for an agent, or refuses what this server does not start. */
  readonly isolationOf: (agent: AgentRecord) => Promise<ResolvedLevel>;
  /** Looks at a worker from outside before it gets work. */
  readonly attest: AttestWorker;
  /** Where the pool mounts an agent's directories; undefined where workers see the host's own paths. */
  readonly mountedAt: Pick<WorkerSpec, 'agentRoot' | 'socketDir'> | undefined;
  /** Knows what workers are made from. */
  readonly images: WorkerImages;
  /** Removes what the pool's engine keeps of an agent that is gone for good. */
  readonly forget?: ((agentId: string) => Promise<void>) | undefined;
  /** Environment of every worker, beyond what names the agent. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** Whether commands run without a confiner where none works (`CLAWFORCE_UNCONFINED_EXEC=1`, never inside containers). */
  readonly unconfinedExec: boolean;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, detail?: object) => void;
  readonly timing?: Partial<LifecycleTiming>;
  /** Tests end the process here. */
  readonly failpoint?: (point: Failpoint) => Promise<void> | void;
}

/** Deadlines in milliseconds. */
export interface LifecycleTiming extends RestartTiming {
  /** From the start of a worker to its hello, and from the start of a control plane to that of a worker it adopts. */
  readonly connectMs: number;
  /** From the request to stop to the kill. */
  readonly graceMs: number;
  /** Grace of a worker that nobody wants: it must be gone within ten seconds. */
  readonly orphanGraceMs: number;
  /** Between two looks at what the pool really runs. */
  readonly reconcileMs: number;
}

/** The deadlines of real use. */
export const DEFAULT_TIMING: LifecycleTiming = {
  connectMs: 30_000,
  graceMs: 5_000,
  orphanGraceMs: 2_000,
  reconcileMs: 5_000,
  restartMs: 1_000,
  restartMaxMs: 300_000,
  stableMs: 60_000,
};
