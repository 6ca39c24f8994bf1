import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Confiner, Guarantee, Launch, NetworkMode, ResourceLimits } from './confiner.js';
import { countOwnTasks } from './count-own-tasks.js';
import { landlockGrants, type Surroundings } from './landlock-grants.js';
import { type LoopbackShim, loopbackShim } from './loopback-shim.js';
import { privateDirectory } from './private-directory.js';
import { proxyEnvironment } from './proxy-environment.js';
import { removeConfined } from './remove-confined.js';
import { RunError } from './run-error.js';

/** What the probe found out about the helper and the kernel. */
export interface LandlockFeatures {
  readonly helper: string;
  /** The Landlock ABI in use; see the table in the README. */
  readonly abi: number;
  /** Behave as on a kernel with this ABI, for tests. */
  readonly mostAbi?: number | undefined;
}

const abiOfTcpRules = 4;
const abiOfScopes = 6;

/** Gives a confiner that uses Landlock, seccomp and resource limits; the caller has probed that it works. */
export function createLandlockConfiner(features: LandlockFeatures, surroundings: Surroundings): Confiner {
  // In a container the engine's own limit counts; there the tasks of other containers of the same user would count too.
  const tasks = surroundings.ownContainer ? undefined : countOwnTasks();
  const guarantees = promised(features, tasks);
  const { helper, abi, mostAbi } = features;
  return {
    backend: 'landlock',
    confined: true,
    guarantees,
    path: surroundings.toolDirectories.map((directory) => `${directory}/bin`),
    async launch(plan, { network, limits }): Promise<Launch> {
      if (typeof network === 'object' && abi < abiOfTcpRules) {
        throw new RunError(
          'NETWORK_UNSUPPORTED',
          'the kernel cannot limit a command to the port of the proxy: Landlock ABI 4 (Linux 6.7) is needed',
        );
      }
      const workspace = existing(plan.workspace ?? plan.cwd);
      refuseExposed(workspace, landlockGrants(sharedTemporary(surroundings), surroundings, network));
      const shim = typeof network === 'object' ? await shimTo(network.proxySocket) : undefined;
      try {
        const temporary = temporaryDirectory(surroundings);
        const grants = landlockGrants([workspace, ...temporary.writable], surroundings, network);
        return {
          file: helper,
          args: [
            ...['--least-abi', String(abi), '--status-fd', '3', '--caller', String(process.pid)],
            ...(mostAbi === undefined ? [] : ['--most-abi', String(mostAbi)]),
            ...['--network', shim ? `tcp:${shim.port}` : network === 'host' ? 'host' : 'none'],
            ...limitOptions(limits, tasks),
            ...grants,
            ...['--', ...plan.argv],
          ],
          cwd: plan.cwd,
          // The helper's status descriptor: it says why nothing was executed, and ends when no process is left.
          descriptors: [''],
          failsOn: 3,
          guarantees: held(guarantees, network),
          env: { ...temporary.env, ...(shim ? proxyEnvironment(shim.port) : {}) },
          tidy: async () => {
            shim?.release();
            if (temporary.made !== undefined) await removeConfined(helper, temporary.made);
          },
        };
      } catch (error) {
        shim?.release();
        throw error;
      }
    },
  };
}

function existing(workspace: string): string {
  try {
    return realpathSync(workspace);
  } catch (cause) {
    throw new RunError('START_FAILED', `The workspace ${workspace} cannot be reached.`, { cause });
  }
}

async function shimTo(proxySocket: string): Promise<LoopbackShim> {
  if (statSync(proxySocket, { throwIfNoEntry: false })?.isSocket() !== true) {
    throw new RunError('NETWORK_UNSUPPORTED', `There is no proxy socket at ${proxySocket}.`);
  }
  return loopbackShim(proxySocket);
}

// Where the directory around the workspace can be read or changed, hidden zones beside the workspace can be too.
function refuseExposed(workspace: string, grants: readonly string[]): void {
  const around = grants.find(
    (path) => path.startsWith('/') && workspace.startsWith(path.endsWith('/') ? path : `${path}/`),
  );
  if (around === undefined) return;
  throw new RunError(
    'START_FAILED',
    `The workspace lies below ${around}, which commands may use, so its neighbours would be exposed; put it elsewhere.`,
  );
}

function promised({ abi }: LandlockFeatures, tasks: number | undefined): Guarantee[] {
  return [
    'writes-only-workspace',
    'host-files-hidden',
    'network-none',
    'environment-cleared',
    'no-new-privileges',
    'no-nested-user-namespaces',
    'system-calls-filtered',
    'dies-with-parent',
    ...(abi >= abiOfScopes ? (['processes-isolated', 'descendants-killed'] as const) : []),
    'file-size-limited',
    'cpu-time-limited',
    // The kernel exempts root from RLIMIT_NPROC.
    ...(tasks === undefined || process.getuid?.() === 0 ? [] : (['process-count-limited'] as const)),
  ];
}

function held(guarantees: readonly Guarantee[], network: NetworkMode): Guarantee[] {
  const others = guarantees.filter((name) => name !== 'network-none' || network === 'none');
  return typeof network === 'object' ? [...others, 'network-proxy-port-only'] : others;
}

function limitOptions(
  { fileBytes, cpuSeconds, processes }: ResourceLimits,
  tasks: number | undefined,
): string[] {
  return [
    ...['--limit', `fsize=${fileBytes}`, '--limit', `cpu=${cpuSeconds}`],
    ...(tasks === undefined ? [] : ['--limit', `nproc=${tasks + processes}`]),
  ];
}

interface TemporaryDirectory {
  readonly writable: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Directory that was made for this run. */
  readonly made?: string;
}

// The /tmp of a shared host holds other people's files; that of an own container is the agent's.
function sharedTemporary({ ownContainer }: Surroundings): string[] {
  return ownContainer ? ['/tmp', '/dev/shm'].filter((path) => existsSync(path)) : [];
}

function temporaryDirectory(surroundings: Surroundings): TemporaryDirectory {
  if (surroundings.ownContainer) return { writable: sharedTemporary(surroundings), env: {} };
  const made = privateDirectory('run');
  const inner = join(made, 'tmp');
  mkdirSync(inner, { mode: 0o700 });
  // git ends where it sees a system configuration that it may not read.
  return { writable: [inner], env: { HOME: inner, TMPDIR: inner, GIT_CONFIG_NOSYSTEM: '1' }, made };
}
