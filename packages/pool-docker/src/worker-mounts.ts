import type { WorkerSpec } from '@clawforce/pool-core';
import { join } from 'node:path';

/** One directory of the host inside a worker. */
export interface WorkerMount {
  /** As the control plane names it. */
  readonly from: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Where a worker finds its agent's directory. */
export const AGENT_ROOT = '/agent';

/** Where a worker finds its sockets; the directory is mounted, so that they may be made anew behind it. */
export const SOCKET_DIR = '/run/clawforce';

/** Zones of an agent directory that a worker may see, beside the directory itself. */
const VISIBLE_ZONES = [
  { name: 'workspace', readOnly: false },
  { name: 'profiles', readOnly: true },
  { name: '.state', readOnly: false },
] as const;

/** Zones that are covered, so that a worker sees an empty directory. */
const HIDDEN_ZONES = ['.config', '.sessions', '.logs'] as const;

/** Gives the mounts of a worker (ARCHITECTURE section 6): the same at every level, and nothing else of the host. */
export function workerMounts(spec: Pick<WorkerSpec, 'agentRoot' | 'socketDir'>): readonly WorkerMount[] {
  return [
    { from: spec.agentRoot, target: AGENT_ROOT, readOnly: true },
    ...VISIBLE_ZONES.map(({ name, readOnly }) => ({
      from: join(spec.agentRoot, name),
      target: `${AGENT_ROOT}/${name}`,
      readOnly,
    })),
    { from: spec.socketDir, target: SOCKET_DIR, readOnly: true },
  ];
}

/** Directories that must exist before a container is made: mount points cannot be made on a read-only mount. */
export function zoneDirectories(agentRoot: string): readonly string[] {
  return [...VISIBLE_ZONES.map(({ name }) => name), ...HIDDEN_ZONES].map((name) => join(agentRoot, name));
}

/** Directories of the agent that a worker may write and that count against its disk quota. */
export function writableDirectories(agentRoot: string): readonly string[] {
  return VISIBLE_ZONES.filter(({ readOnly }) => !readOnly).map(({ name }) => join(agentRoot, name));
}

/** Directories of the agent that must be readable by its user. */
export function ownedDirectories(agentRoot: string): readonly string[] {
  return VISIBLE_ZONES.map(({ name }) => join(agentRoot, name));
}

const COVER = 'ro,noexec,nosuid,nodev,size=4k,nr_inodes=8,mode=0555';

/** Gives the in-memory mounts of a worker: covers over hidden zones, and `/tmp` where the level asks for it. */
export function workerTmpfs(tmp: { readonly bytes: number; readonly inodes: number } | undefined) {
  const covers = HIDDEN_ZONES.map((name) => [`${AGENT_ROOT}/${name}`, COVER] as const);
  const scratch = tmp
    ? [['/tmp', `rw,noexec,nosuid,nodev,size=${tmp.bytes},nr_inodes=${tmp.inodes},mode=1777`] as const]
    : [];
  return Object.fromEntries([...covers, ...scratch]) as Record<string, string>;
}
