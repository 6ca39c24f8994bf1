import type { CommandPlan } from '../command-plan.js';

/** What a backend promises for a run; a run reports those that held. */
export type Guarantee =
  | 'writes-only-workspace'
  | 'host-files-hidden'
  | 'protected-names-masked'
  | 'network-none'
  | 'network-proxy-only'
  | 'network-proxy-port-only'
  | 'processes-isolated'
  | 'environment-cleared'
  | 'no-new-privileges'
  | 'no-nested-user-namespaces'
  | 'system-calls-filtered'
  | 'dies-with-parent'
  | 'descendants-killed'
  | 'file-size-limited'
  | 'cpu-time-limited'
  | 'process-count-limited'
  | 'time-limited'
  | 'output-capped'
  | 'group-killed';

/** How a command reaches the network: not at all, like the host, or only through an HTTP proxy on a unix socket. */
export type NetworkMode = 'none' | 'host' | { readonly proxySocket: string };

/** Names of the backends. */
export type ConfinerBackend = 'bwrap' | 'landlock' | 'none';

/** What to execute for a plan, and how to tidy up after it. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** Where the launching process itself starts. */
  readonly cwd: string;
  /** Text for the descriptors 3, 4, … of the launched process. */
  readonly descriptors: readonly string[];
  /** Descriptor on which the launched program says, in a line, why it executed nothing; a command cannot reach it. */
  readonly failsOn?: number;
  readonly guarantees: readonly Guarantee[];
  /** Variables that the confiner adds for the command; they win over those of the caller. */
  readonly env?: Readonly<Record<string, string>>;
  /** Removes what the launch had to create. */
  readonly tidy: () => void | Promise<void>;
}

/** A way to run a command so that it reaches only what it should. Made by `createConfiner`. */
export interface Confiner {
  /** Which backend this is; `none` confines nothing. */
  readonly backend: ConfinerBackend;
  /** Whether commands are confined by the operating system. */
  readonly confined: boolean;
  /** What every run with network `none` is promised. */
  readonly guarantees: readonly Guarantee[];
  /** Directories that `PATH` of a command lists. */
  readonly path: readonly string[];
  /**
   * Gives what to execute for one simple command. Descriptors 0 to 2 belong to the runner.
   * @throws RunError `NETWORK_UNSUPPORTED` for a network mode the backend cannot give.
   */
  launch(
    plan: CommandPlan,
    options: { readonly network: NetworkMode; readonly limits: ResourceLimits },
  ): Launch | Promise<Launch>;
}

/** Limits for each process of a command. */
export interface ResourceLimits {
  /** Largest file, in bytes. */
  readonly fileBytes: number;
  /** Processor time, in seconds. */
  readonly cpuSeconds: number;
  /** Processes of the user; the kernel does not hold root to it. */
  readonly processes: number;
}
