import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { CommandPlan } from '../command-plan.js';
import type { Confiner, Guarantee, Launch, NetworkMode, ResourceLimits } from './confiner.js';
import { etcDirectory } from './etc-directory.js';
import { type Mask, MountPoints, planMasks } from './masks.js';
import { packageFile } from './package-file.js';
import { proxyEnvironment } from './proxy-environment.js';
import { RunError } from './run-error.js';
import { systemDirectories } from './system-paths.js';

/** What the probe found out about bubblewrap on this host. */
export interface BwrapFeatures {
  readonly bwrap: string;
  readonly prlimit: string | undefined;
  readonly size: boolean;
  readonly disableUserns: boolean;
}

// Where a command with a proxy finds the shim: names that cannot be in its way, and the usual port of a proxy.
const shim = {
  node: '/run/clawforce/node',
  script: '/run/clawforce/loopback-shim.mjs',
  socket: '/run/clawforce/egress.sock',
  port: 3128,
};
const temporaryBytes = 1024 * 1024 * 1024;

/** Gives a confiner that uses bubblewrap; the caller has probed that it works. */
export function createBwrapConfiner(features: BwrapFeatures, toolDirectories: readonly string[]): Confiner {
  const mountPoints = new MountPoints();
  const guarantees: Guarantee[] = [
    'writes-only-workspace',
    'host-files-hidden',
    'protected-names-masked',
    'network-none',
    'processes-isolated',
    'environment-cleared',
    'no-new-privileges',
    'dies-with-parent',
    ...(features.disableUserns ? (['no-nested-user-namespaces'] as const) : []),
    ...(features.prlimit === undefined ? [] : (['file-size-limited', 'cpu-time-limited'] as const)),
    // The kernel exempts root from RLIMIT_NPROC.
    ...(features.prlimit !== undefined && process.getuid?.() !== 0
      ? (['process-count-limited'] as const)
      : []),
  ];
  return {
    backend: 'bwrap',
    confined: true,
    guarantees,
    path: toolDirectories.map((directory) => `${directory}/bin`),
    launch(plan, { network, limits }): Launch {
      const masks = planMasks(plan.protectedPaths);
      const args = [
        ...isolation(features, network),
        ...root(toolDirectories, features, network),
        ...workspace(plan, masks),
        ...(typeof network === 'object' ? proxyMounts(network.proxySocket) : []),
        ...['--remount-ro', '/', '--chdir', plan.cwd, '--'],
        ...(typeof network === 'object' ? [shim.node, shim.script, shim.socket, String(shim.port)] : []),
        ...limited(plan.argv, features, limits),
      ];
      return {
        file: features.bwrap,
        args,
        cwd: '/',
        descriptors: [],
        guarantees: [
          ...guarantees.filter((name) => name !== 'network-none' || network === 'none'),
          ...(typeof network === 'object' ? (['network-proxy-only'] as const) : []),
        ],
        ...(typeof network === 'object' ? { env: proxyEnvironment(shim.port) } : {}),
        tidy: mountPoints.hold(masks),
      };
    },
  };
}

function isolation(features: BwrapFeatures, network: NetworkMode): string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--hostname', 'agent'],
    ...(features.disableUserns ? ['--disable-userns'] : []),
    ...(network === 'host' ? ['--share-net'] : []),
  ];
}

function proxyMounts(proxySocket: string): string[] {
  if (statSync(proxySocket, { throwIfNoEntry: false })?.isSocket() !== true) {
    throw new RunError('NETWORK_UNSUPPORTED', `There is no proxy socket at ${proxySocket}.`);
  }
  const script = packageFile('shim/loopback-shim.mjs');
  return [
    ...['--ro-bind', realpathSync(process.execPath), shim.node, '--ro-bind', script, shim.script],
    ...['--ro-bind', proxySocket, shim.socket],
  ];
}

// /proc is read-only: the owner of its kernel settings is the root of the host, and a worker that runs as root is still that
// root inside the user namespace; without capabilities it may write them (core_pattern runs programs on the host).
function root(toolDirectories: readonly string[], features: BwrapFeatures, network: NetworkMode): string[] {
  const args = ['--ro-bind', '/usr', '/usr', '--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev'];
  if (features.size) args.push('--perms', '1777', '--size', String(temporaryBytes));
  args.push('--tmpfs', '/tmp', '--dir', '/var/tmp', '--dir', '/run');
  for (const name of systemDirectories) {
    const path = `/${name}`;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) args.push('--symlink', readlinkSync(path), path);
    else if (stat) args.push('--ro-bind', path, path);
  }
  args.push('--ro-bind', etcDirectory(), '/etc');
  if (network === 'host' && existsSync('/etc/resolv.conf')) {
    args.push('--ro-bind', realpathSync('/etc/resolv.conf'), '/etc/resolv.conf');
  }
  for (const directory of toolDirectories) args.push('--ro-bind', directory, directory);
  return args;
}

function workspace(plan: CommandPlan, masks: readonly Mask[]): string[] {
  const writable = plan.workspace ?? plan.cwd;
  const args = ['--bind', writable, writable];
  for (const { path, kind } of masks) {
    // A mount point cannot be renamed, its parent can: so the parent of the hooks becomes one too.
    if (basename(path) === 'hooks') args.push('--bind', dirname(path), dirname(path));
    if (kind === 'read-only') args.push('--ro-bind', path, path);
    else if (kind === 'hide-directory') args.push('--tmpfs', path, '--remount-ro', path);
    else args.push('--ro-bind', '/dev/null', path);
  }
  return args;
}

function limited(
  argv: readonly string[],
  features: BwrapFeatures,
  limits: ResourceLimits,
): readonly string[] {
  if (features.prlimit === undefined) return argv;
  return [
    features.prlimit,
    `--fsize=${limits.fileBytes}`,
    `--cpu=${limits.cpuSeconds}`,
    `--nproc=${limits.processes}`,
    '--core=0',
    '--',
    ...argv,
  ];
}
