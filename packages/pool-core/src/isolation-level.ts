/** The three isolation levels of ARCHITECTURE section 6; {@link LEVEL_LOOSENESS} orders them. */
export type IsolationLevel = 'permissive' | 'sandboxed' | 'privileged';

/** What a pool must enforce for one level and read back from its engine. */
export interface LevelRequirements {
  /** Name on the dashboard's preset cards. */
  readonly uiName: 'Standard' | 'Safe' | 'Power';
  /** Capabilities left to the worker: none, or the engine's default set (never every capability). */
  readonly capabilities: 'none' | 'engine-default';
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'clawforce' | 'engine-default';
  readonly readOnlyRoot: boolean;
  /** Sized tmpfs on `/tmp` with noexec, nosuid, nodev. */
  readonly tmpfs: boolean;
  readonly network: 'own' | 'none';
  /** Most processes a worker may have; `undefined` leaves the engine's own bound. */
  readonly pidsLimit: number | undefined;
  readonly user: 'agent' | 'root';
  /** Whether commands must be confined again inside the worker. */
  readonly confineCommands: boolean;
}

/** How loose a level is: a higher number admits more. Used to compare against `CLAWFORCE_MAX_LEVEL`. */
export const LEVEL_LOOSENESS: Readonly<Record<IsolationLevel, number>> = Object.freeze({
  sandboxed: 0,
  permissive: 1,
  privileged: 2,
});

/** The levels as data. Memory, CPU and mounts hold at every level and are part of the worker spec. */
export const ISOLATION_LEVELS: Readonly<Record<IsolationLevel, LevelRequirements>> = Object.freeze({
  permissive: Object.freeze({
    uiName: 'Standard',
    capabilities: 'none',
    noNewPrivileges: true,
    seccomp: 'clawforce',
    readOnlyRoot: false,
    tmpfs: false,
    network: 'own',
    pidsLimit: 1024,
    user: 'agent',
    confineCommands: true,
  }),
  sandboxed: Object.freeze({
    uiName: 'Safe',
    capabilities: 'none',
    noNewPrivileges: true,
    seccomp: 'clawforce',
    readOnlyRoot: true,
    tmpfs: true,
    network: 'none',
    pidsLimit: 256,
    user: 'agent',
    confineCommands: true,
  }),
  privileged: Object.freeze({
    uiName: 'Power',
    capabilities: 'engine-default',
    noNewPrivileges: false,
    seccomp: 'engine-default',
    readOnlyRoot: false,
    tmpfs: false,
    network: 'own',
    pidsLimit: undefined,
    user: 'root',
    confineCommands: false,
  }),
});

/** Tells whether a text names an isolation level. */
export function isIsolationLevel(value: unknown): value is IsolationLevel {
  return typeof value === 'string' && Object.hasOwn(ISOLATION_LEVELS, value);
}

/** Tells whether `level` admits no more than `ceiling`. */
export function isWithinCeiling(level: IsolationLevel, ceiling: IsolationLevel): boolean {
  return LEVEL_LOOSENESS[level] <= LEVEL_LOOSENESS[ceiling];
}
