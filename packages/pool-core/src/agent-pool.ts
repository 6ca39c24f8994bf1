import type { IsolationLevel } from './isolation-level.js';
import type { Tightening } from './level-override.js';

/**
 * Optional abilities; a pool without one leaves the method out or answers `unsupported`. `adoption`: workers of a control
 * plane that was killed go on, and the next pool of the same owner knows them. `outlives-close`: workers go on after
 * {@link AgentPool.close} as well.
 */
export type PoolCapability =
  'isolation' | 'probe-inside' | 'exec' | 'pause' | 'stats' | 'adoption' | 'outlives-close';

/** Names one start of one agent: a new generation is a new worker. */
export interface WorkerRef {
  readonly agentId: string;
  /** Positive integer, raised by the control plane at every start. */
  readonly generation: number;
}

/** What a worker is made from, in pools that have images. */
export interface WorkerImage {
  /** Names the content: it means the same for ever. */
  readonly id: string;
  /** As the operator wrote it; what it means may change. */
  readonly name: string;
}

/** Everything a pool needs to start one worker. Paths are absolute paths on the control plane's host. */
export interface WorkerSpec extends WorkerRef {
  readonly level: IsolationLevel;
  /** Isolation asked beyond the level; a pool that cannot enforce it refuses with `LEVEL_UNSUPPORTED`. */
  readonly tightening?: Tightening;
  /** The agent's directory (`agents/{id}`). */
  readonly agentRoot: string;
  /** The agent's socket directory, with `join`, `link.sock` and `broker.sock`. */
  readonly socketDir: string;
  /** The complete environment of the worker; a pool adds only what its engine needs (PATH, HOME). */
  readonly env: Readonly<Record<string, string>>;
  readonly limits: WorkerLimits;
  /** Numeric owner of the worker process where the pool can set it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** As {@link AgentPool.image} gave it: the worker is held to it for as long as it runs. Default: the pool's own. */
  readonly image?: WorkerImage;
  /** Free labels, kept by engines that know labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Resource limits of one worker. */
export interface WorkerLimits {
  /** Bytes; swap is always set equal to it. */
  readonly memoryBytes?: number;
  /** Microseconds of CPU time per `cpuPeriodUs`. */
  readonly cpuQuotaUs?: number;
  readonly cpuPeriodUs?: number;
  readonly pids?: number;
  /** Bytes of disk that the worker's writable directories may hold; watched, see the pool for how hard it is. */
  readonly diskBytes?: number;
}

/** What `start` gives: the worker is running, though not yet connected. */
export interface WorkerHandle extends WorkerRef {
  /** The engine's own id: a container id, a process id. */
  readonly engineId: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** How much of the requested isolation was confirmed from outside the worker. */
export type Attestation = 'none' | 'matched' | 'mismatched';

/** The engine's view of one worker. */
export interface WorkerInspection extends WorkerRef {
  readonly engineId: string;
  /** `created` was never started, for example because the control plane died in between; `start` goes on from it. */
  readonly state: 'created' | 'running' | 'paused' | 'exited';
  readonly startedAt: string;
  /** `specHash` of what it was started from, kept by the pool beside the worker. */
  readonly specHash: string;
  readonly level: IsolationLevel;
  readonly attested: Attestation;
  /** Effective isolation as read back from the engine, field by field; empty where the pool cannot read any. */
  readonly effective: Readonly<Record<string, string | number | boolean | null>>;
  readonly exit?: WorkerExit;
}

/** How a worker ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The cause in words for a person. */
  readonly reason: string;
  /** `disk` where the pool ended it for its use of disk: the next start would end alike until there is room. */
  readonly cause?: 'disk';
}

/** What a stop did. */
export interface StopReport extends WorkerRef {
  /** `absent` when there was nothing to stop. */
  readonly outcome: 'stopped' | 'killed' | 'absent';
  readonly exit?: WorkerExit;
  /** Milliseconds from the request to the proof of death. */
  readonly tookMs: number;
}

/** A probe that the engine, not the worker, ran inside the worker's isolation. */
export type IsolationProbe =
  | { readonly outcome: 'unsupported'; readonly reason: string }
  | {
      readonly outcome: 'probed';
      readonly effective: Readonly<Record<string, string | number | boolean | null>>;
    };

/** One line of a worker's output. */
export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** What the caller of {@link AgentPool.logs} wants. */
export interface LogOptions {
  /** How many of the latest lines to give first; default 200. */
  readonly tail?: number;
  /** Keep giving lines until the worker ends or `signal` aborts. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** What the caller of {@link AgentPool.exec} wants. */
export interface ExecOptions {
  /** Default: the worker's own directory. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the worker's user. Root is refused where the level gives no root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** Bytes kept of each stream; the rest is dropped. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

/** What a program that the engine ran next to the worker did. */
export interface ExecResult {
  /** `null` when it did not end in time. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Output was longer than asked for. */
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** Resource use of one worker. */
export interface WorkerStats {
  readonly memoryBytes: number;
  /** CPU time used since start, in microseconds. */
  readonly cpuUs: number;
  readonly pids: number;
}

/** Something that happened to a worker. */
export type PoolEvent =
  | (WorkerRef & { readonly kind: 'started'; readonly time: string; readonly engineId: string })
  | (WorkerRef & { readonly kind: 'exited'; readonly time: string; readonly exit: WorkerExit })
  | (WorkerRef & { readonly kind: 'oom'; readonly time: string; readonly victim: 'tool' | 'worker' })
  | (WorkerRef & {
      readonly kind: 'disk';
      readonly time: string;
      readonly usedBytes: number;
      readonly quotaBytes: number;
      /** `warned` from 80 % on, `stopped` when the quota is exceeded or what is used cannot be measured. */
      readonly action: 'warned' | 'stopped';
      /** Why the worker was stopped. */
      readonly reason?: string;
    });

/** A part of the system that isolates workers, with its version. */
export interface VersionedPart {
  readonly name: string;
  readonly version: string;
}

/** What isolates workers on this host: the engine, the runtime that makes a worker's process, and the kernel. */
export interface PoolVersions {
  readonly engine: VersionedPart;
  readonly runtime: VersionedPart;
  readonly kernel: VersionedPart;
}

/** What a pool can really do on this host. */
export interface PoolProbe {
  readonly available: boolean;
  /** Engine name and version, for example `node-child-process 20.20.2`. */
  readonly engine: string;
  /** Absent where the engine does not answer. */
  readonly versions?: PoolVersions;
  /** Levels this pool starts. */
  readonly levels: readonly IsolationLevel[];
  /** One sentence for each feature that is really enforced. */
  readonly enforced: readonly string[];
  /** One sentence for each feature that is not, so that a banner can say it. */
  readonly notEnforced: readonly string[];
  /** Why the pool is not available, and the fix. */
  readonly reason?: string;
}

/** A backend that starts and stops workers. It never restarts one by itself. Methods reject with `PoolError`. */
export interface AgentPool {
  /** `docker`, `process`, ... */
  readonly kind: string;
  readonly capabilities: ReadonlySet<PoolCapability>;
  /** Says what the engine can really enforce here. */
  probe(): Promise<PoolProbe>;
  /** The image of the next start, made sure of; absent in pools without images. */
  image?(): Promise<WorkerImage>;
  /**
   * Starts one worker; a second call for the same generation gives the same handle. A newer generation first ends
   * the older worker, so an agent never runs twice.
   *
   * @throws PoolError `GENERATION_STALE` for a generation that is older than the newest or has ended already.
   */
  start(spec: WorkerSpec): Promise<WorkerHandle>;
  /** Ends a worker and all its processes: asks, waits `graceMs`, then kills. Absent workers are no error. */
  stop(ref: WorkerRef, options: { readonly graceMs: number; readonly reason: string }): Promise<StopReport>;
  /** The newest worker of an agent, or `undefined` when the engine knows none. */
  inspect(agentId: string): Promise<WorkerInspection | undefined>;
  /** What a probe that the engine runs next to the worker sees; `unsupported` where the engine cannot. */
  probeInside(ref: WorkerRef): Promise<IsolationProbe>;
  /** The newest worker of every agent this owner has here, ended ones included as long as they are remembered. */
  list(): Promise<WorkerInspection[]>;
  /** The worker's output, oldest line first; iterating rejects with `NOT_FOUND` for an unknown worker. */
  logs(ref: WorkerRef, options?: LogOptions): AsyncIterable<LogLine>;
  /** Resource use now, or `undefined` when the worker has ended or the host cannot tell. */
  stats(ref: WorkerRef): Promise<WorkerStats | undefined>;
  /** Runs a program inside the worker's isolation, started by the engine; the worker does not see it coming. */
  exec?(ref: WorkerRef, command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Freezes the worker's processes; memory stays. */
  pause?(ref: WorkerRef): Promise<void>;
  /** Lets a paused worker go on. */
  resume?(ref: WorkerRef): Promise<void>;
  /** Events from now on, or since a time the engine remembers, until `signal` aborts. */
  events(options: { readonly signal: AbortSignal; readonly since?: string }): AsyncIterable<PoolEvent>;
  /** Releases the pool; it ends the workers that cannot outlive it. */
  close(): Promise<void>;
}
