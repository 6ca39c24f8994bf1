import type { AgentPool } from '@clawforce/pool-core';
import type { HostPaths } from '@clawforce/pool-docker';
import type { AttestWorker } from '../agents/attest-worker.js';
import type { LifecycleParts } from '../agents/lifecycle-parts.js';
import type { BackendSelection } from './backend-selection.js';

/** A pool with what the control plane has to know about it. */
export interface Backend {
  readonly pool: AgentPool;
  readonly selection: BackendSelection;
  /** Looks at a worker from outside; absent where the pool isolates nothing. */
  readonly attest?: AttestWorker;
  /** Where the pool mounts an agent's directories; absent where workers see the host's own paths. */
  readonly mountedAt?: LifecycleParts['mountedAt'];
  /** Where this process is on the engine's host; absent where there is no engine. */
  readonly host?: HostPaths;
  /** Removes what the engine keeps of an agent. */
  readonly forget?: (agentId: string) => Promise<void>;
  /** The image of workers, and whether it is another one than this version ships. */
  readonly image?: { readonly name: string; readonly custom: boolean };
  /** Whether an image of that name is another one than this version ships. */
  readonly isCustomImage?: (name: string) => boolean;
}
