import type { PullProgress } from './worker-image.js';

/**
 * A step of a start (older generations are gone, the network is there, the container is created) or of a stop (the worker was
 * asked to end, it has ended) after which a pool that dies leaves something behind.
 */
export type PoolStep = 'retired' | 'network' | 'created' | 'asked' | 'ended';

/** What {@link DockerPool} takes. */
export interface DockerPoolOptions {
  /** As `DOCKER_HOST` spells it; a unix socket of an engine on this host. Default `unix:///var/run/docker.sock`. */
  readonly engine?: string;
  /** The worker image, by name or by id. */
  readonly image: string;
  /** Names this installation: a pool never touches what another owner made. */
  readonly ownerId: string;
  /** From a path of this process to a path of the engine's host. Default: the same. See {@link detectHostPaths}. */
  readonly hostPathOf?: (path: string) => string;
  /**
   * A directory of this host in which the pool may make a short-lived one, to prove that the engine sees the same
   * files. It must be covered by `hostPathOf`.
   */
  readonly proofDir: string;
  /** JSON text of another syscall filter for the hardened levels. */
  readonly seccomp?: string;
  /** The worker as an argument vector; default: what the image says. */
  readonly command?: readonly string[];
  /** `missing` pulls an image that is not there, `never` refuses. Default `missing`. */
  readonly pull?: 'missing' | 'never';
  /** Hears how a pull goes on. */
  readonly onPull?: (progress: PullProgress) => void;
  /** Told of every step and waited for, so that a test can end the process there. */
  readonly onStep?: (step: PoolStep) => Promise<void> | void;
  /** Owner of workers whose specification names none. Default: this process's own, with 10001 in place of root's. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Size of `/tmp` where a level has it in memory. Default 64 MiB. */
  readonly tmpBytes?: number;
  /** Files in that `/tmp`. Default 8192. */
  readonly tmpInodes?: number;
  /** How often disk use is looked at, in milliseconds. Default 10 s. */
  readonly watchIntervalMs?: number;
  /** Longest time for one answer of the engine, in milliseconds. Default 60 s. */
  readonly timeoutMs?: number;
}

const OWNER = /^[A-Za-z0-9._-]{1,64}$/;
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,255}$/;

function positive(value: number | undefined, name: string, fallback: number, min: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new TypeError(`${name}: expected an integer of at least ${min}`);
  }
  return value;
}

function checkSeccomp(json: string | undefined): void {
  if (json === undefined) return;
  let profile: unknown;
  try {
    profile = JSON.parse(json);
  } catch {
    throw new TypeError('seccomp: expected the JSON text of a profile, not a path or a name');
  }
  const action = (profile as { defaultAction?: unknown } | null)?.defaultAction;
  if (action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_KILL_PROCESS') {
    throw new TypeError('seccomp: expected a profile whose default action refuses');
  }
}

const UNPRIVILEGED = { uid: 10_001, gid: 10_001 } as const;

function ownUser(user: DockerPoolOptions['user']): { readonly uid: number; readonly gid: number } {
  const found = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (
    !Number.isSafeInteger(found.uid) ||
    !Number.isSafeInteger(found.gid) ||
    found.uid < 0 ||
    found.gid < 0
  ) {
    throw new TypeError('user: expected a numeric uid and gid');
  }
  if (user && (found.uid === 0 || found.gid === 0)) {
    throw new TypeError('user: a worker must not be root, nor in its group');
  }
  const { uid, gid } = found;
  return uid === 0 ? { ...UNPRIVILEGED } : { uid, gid: gid === 0 ? UNPRIVILEGED.gid : gid };
}

/** Gives the options with their defaults. @throws TypeError naming the first bad or missing option. */
export function checkOptions(options: DockerPoolOptions) {
  const {
    image,
    ownerId,
    proofDir,
    hostPathOf,
    command,
    seccomp,
    pull = 'missing',
    onPull,
    onStep,
  } = options;
  if (typeof image !== 'string' || !IMAGE.test(image))
    throw new TypeError('image: expected the name of an image');
  if (typeof ownerId !== 'string' || !OWNER.test(ownerId)) {
    throw new TypeError('ownerId: expected 1 to 64 letters, digits, dots, dashes or underscores');
  }
  if (typeof proofDir !== 'string' || !proofDir.startsWith('/')) {
    throw new TypeError('proofDir: expected an absolute path');
  }
  if (hostPathOf !== undefined && typeof hostPathOf !== 'function') {
    throw new TypeError('hostPathOf: expected a function');
  }
  if (command !== undefined && (command.length === 0 || command.some((part) => typeof part !== 'string'))) {
    throw new TypeError('command: expected an argument vector such as ["node", "/opt/worker/main.js"]');
  }
  if ((pull as string) !== 'missing' && (pull as string) !== 'never') {
    throw new TypeError('pull: expected missing or never');
  }
  if (onStep !== undefined && typeof onStep !== 'function') {
    throw new TypeError('onStep: expected a function');
  }
  checkSeccomp(seccomp);
  return {
    engine: options.engine,
    image,
    ownerId,
    proofDir,
    hostPathOf: hostPathOf ?? ((path: string): string => path),
    command: command ? [...command] : undefined,
    seccomp,
    pull,
    onPull: onPull ?? ((): void => undefined),
    onStep: onStep ?? ((): void => undefined),
    user: ownUser(options.user),
    tmp: {
      bytes: positive(options.tmpBytes, 'tmpBytes', 64 * 1024 ** 2, 4096),
      inodes: positive(options.tmpInodes, 'tmpInodes', 8192, 16),
    },
    watchIntervalMs: positive(options.watchIntervalMs, 'watchIntervalMs', 10_000, 50),
    timeoutMs: positive(options.timeoutMs, 'timeoutMs', 60_000, 100),
  };
}

/** {@link DockerPoolOptions} after the check, with every default filled in. */
export type CheckedOptions = ReturnType<typeof checkOptions>;
