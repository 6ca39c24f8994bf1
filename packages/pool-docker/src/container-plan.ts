import { labelsOf } from '@clawforce/pool-core';
import type { LevelRequirements, WorkerSpec } from '@clawforce/pool-core';
import type { ContainerCreateOptions } from 'dockerode';
import { limitsOf, requirementsOf } from './level-requirements.js';
import type { EffectiveLimits } from './level-requirements.js';
import type { WorkerUser } from './prepare-directories.js';
import { SECCOMP_JSON } from './seccomp-profile.js';
import { workerMounts, workerTmpfs } from './worker-mounts.js';
import type { WorkerMount } from './worker-mounts.js';

/** Everything that is decided before an engine is asked for a container. */
export interface ContainerPlan {
  readonly spec: WorkerSpec;
  readonly name: string;
  /** As the operator wrote it. */
  readonly image: string;
  /** What that name meant when the plan was made; the container is created from this id. */
  readonly imageId: string;
  readonly ownerId: string;
  /** The worker's user inside; root where the level says so. */
  readonly user: WorkerUser;
  /** Name of the agent's network, or `none`. */
  readonly network: string;
  readonly requirements: LevelRequirements;
  readonly limits: EffectiveLimits;
  /** With `from` as the engine's host names it. */
  readonly mounts: readonly WorkerMount[];
  readonly tmpfs: Readonly<Record<string, string>>;
  /** JSON text of the syscall filter; `undefined` leaves the engine's own. */
  readonly seccomp: string | undefined;
  /** The worker as an argument vector; `undefined` runs what the image says. */
  readonly command: readonly string[] | undefined;
}

/** What {@link planContainer} needs beside the specification. */
export interface PlanContext {
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly ownerId: string;
  readonly user: WorkerUser;
  /** The agent's own network, used where the level has one. */
  readonly network: string;
  readonly hostPathOf: (path: string) => string;
  readonly seccomp: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly tmp: { readonly bytes: number; readonly inodes: number };
}

/** Says which level a container was made for. */
export const LEVEL_LABEL = 'clawforce.level';

/** The agent's directory as the control plane names it, so that a later one watches the right place. */
export const AGENT_ROOT_LABEL = 'clawforce.agent-root';

/** Bytes that the worker's writable directories may hold. */
export const DISK_LABEL = 'clawforce.disk-bytes';

/** Limits of a process of the hardened levels: no core dumps, which would hold secrets, and bounded descriptors. */
export const ULIMITS = Object.freeze([
  Object.freeze({ Name: 'core', Soft: 0, Hard: 0 }),
  Object.freeze({ Name: 'nofile', Soft: 4096, Hard: 4096 }),
]);

/** Size of `/dev/shm`, which counts as memory. */
export const SHM_BYTES = 64 * 1024 ** 2;

/** Without a cap the engine's log grows until the disk is full. */
export const LOG_CONFIG = Object.freeze({
  Type: 'json-file',
  Config: Object.freeze({ 'max-size': '4m', 'max-file': '2' }),
});

/** Decides everything about a container; pure. @throws PoolError as {@link limitsOf}. */
export function planContainer(spec: WorkerSpec, context: PlanContext): ContainerPlan {
  const { hostPathOf, tmp, ...rest } = context;
  const requirements = requirementsOf(spec);
  return {
    ...rest,
    spec,
    requirements,
    network: requirements.network === 'none' ? 'none' : context.network,
    user: requirements.user === 'root' ? { uid: 0, gid: 0 } : context.user,
    limits: limitsOf(spec),
    mounts: workerMounts(spec).map((mount) => ({ ...mount, from: hostPathOf(mount.from) })),
    tmpfs: workerTmpfs(requirements.tmpfs ? tmp : undefined),
    seccomp: requirements.seccomp === 'clawforce' ? (context.seccomp ?? SECCOMP_JSON) : undefined,
  };
}

function securityOptions({ requirements, seccomp }: ContainerPlan): string[] {
  return [
    ...(requirements.noNewPrivileges ? ['no-new-privileges:true'] : []),
    ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`]),
  ];
}

/** Gives the variables of a plan beside those of its image, as `NAME=value`. */
export function environmentOf({ spec, requirements }: ContainerPlan): string[] {
  const home = requirements.user === 'root' ? '/root' : '/tmp';
  return Object.entries({ HOME: home, ...spec.env }).map(([name, value]) => `${name}=${value}`);
}

function labels({ spec, ownerId }: ContainerPlan): Record<string, string> {
  const { diskBytes } = spec.limits;
  return {
    ...labelsOf(ownerId, spec),
    [LEVEL_LABEL]: spec.level,
    [AGENT_ROOT_LABEL]: spec.agentRoot,
    ...(diskBytes === undefined ? {} : { [DISK_LABEL]: String(diskBytes) }),
  };
}

/** Gives what the engine is asked for. Everything that a default could loosen is said explicitly. */
export function createOptions(plan: ContainerPlan): ContainerCreateOptions {
  const { requirements, limits, mounts, command } = plan;
  const hardened = requirements.capabilities === 'none';
  return {
    name: plan.name,
    Image: plan.imageId,
    ...(command ? { Entrypoint: [], Cmd: [...command] } : {}),
    Env: environmentOf(plan),
    User: `${plan.user.uid}:${plan.user.gid}`,
    // Constant: a directory that an agent chooses must never get here (CVE-2024-21626).
    WorkingDir: '/',
    Labels: labels(plan),
    StopSignal: 'SIGTERM',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    // The link of the worker is its health check; one of the image would run commands that nobody asked for.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      AutoRemove: false,
      Privileged: false,
      PublishAllPorts: false,
      ReadonlyRootfs: requirements.readOnlyRoot,
      CapDrop: hardened ? ['ALL'] : [],
      CapAdd: [],
      SecurityOpt: securityOptions(plan),
      NetworkMode: plan.network,
      IpcMode: 'private',
      PidMode: '',
      UTSMode: '',
      UsernsMode: '',
      Init: true,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      CpuQuota: limits.cpuQuotaUs,
      CpuPeriod: limits.cpuPeriodUs,
      ...(limits.pids === undefined ? {} : { PidsLimit: limits.pids }),
      OomKillDisable: false,
      ShmSize: SHM_BYTES,
      ...(hardened ? { Ulimits: ULIMITS.map((limit) => ({ ...limit })) } : {}),
      LogConfig: { Type: LOG_CONFIG.Type, Config: { ...LOG_CONFIG.Config } },
      RestartPolicy: { Name: 'no' },
      Mounts: mounts.map(({ from, target, readOnly }) => ({
        Type: 'bind',
        Source: from,
        Target: target,
        ReadOnly: readOnly,
        // Not recursive: what else is mounted below on the host stays there.
        BindOptions: { Propagation: 'rprivate', NonRecursive: true },
      })),
      Tmpfs: { ...plan.tmpfs },
    },
  };
}
