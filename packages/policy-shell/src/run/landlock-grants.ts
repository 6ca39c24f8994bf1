import type { NetworkMode } from './confiner.js';
import { sharedEtc, systemDirectories } from './system-paths.js';

/** What a confined command may touch besides its workspace. */
export interface Surroundings {
  /** Directories with tools that commands may read. */
  readonly toolDirectories: readonly string[];
  /** Whether the runner lives in a container of its own, whose files and processes all belong to this agent. */
  readonly ownContainer: boolean;
}

// Without the directories of processes: their names and command lines are nobody's business on a shared host.
const kernelFacts = [
  'cpuinfo', 'devices', 'filesystems', 'loadavg', 'meminfo', 'stat', 'swaps', 'sys', 'uptime', 'version', 'vmstat',
]; // prettier-ignore

const devices = ['null', 'zero', 'full', 'random', 'urandom'];

/**
 * Gives the options of the helper that name readable and writable paths. Landlock is an allow-list, so everything that is
 * not named here is out of reach: other directories, sockets, process directories, terminals, disks.
 */
export function landlockGrants(
  writable: readonly string[],
  { toolDirectories, ownContainer }: Surroundings,
  network: NetworkMode,
): string[] {
  const read = [
    '/usr',
    ...systemDirectories.map((name) => `/${name}`),
    ...(ownContainer
      ? ['/etc', '/opt', '/var', '/proc', '/sys/fs/cgroup']
      : [
          ...sharedEtc.map((name) => `/etc/${name}`),
          ...kernelFacts.map((name) => `/proc/${name}`),
          ...(network === 'host' ? ['/etc/resolv.conf', '/etc/hosts', '/etc/host.conf'] : []),
        ]),
  ];
  return [
    ...writable.flatMap((path) => ['--write', path]),
    ...toolDirectories.flatMap((path) => ['--read', path]),
    ...read.flatMap((path) => ['--read-if-exists', path]),
    ...devices.flatMap((name) => ['--device', `/dev/${name}`]),
  ];
}
