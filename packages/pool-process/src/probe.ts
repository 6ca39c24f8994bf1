import { release } from 'node:os';
import { PoolError } from '@clawforce/pool-core';
import type { PoolProbe, WorkerSpec } from '@clawforce/pool-core';

/** The only level that this pool starts. */
export const LEVEL = 'permissive';

/** Gives what the pool enforces and what it does not, as sentences for a banner. */
export function describeProbe(adopts: boolean): PoolProbe {
  const linux = process.platform === 'linux';
  return {
    available: true,
    engine: `node-child-process ${process.versions.node}`,
    versions: {
      engine: { name: 'node-child-process', version: process.versions.node },
      runtime: { name: 'node', version: process.versions.node },
      kernel: { name: process.platform, version: release() },
    },
    levels: [LEVEL],
    enforced: [
      'a worker gets none of the environment variables and descriptors of the control plane',
      'a stop ends the whole process tree of a worker',
      ...(adopts
        ? [
            'workers of a killed control plane are recognised by pid, start time and boot, and go on or are ended',
          ]
        : []),
    ],
    notEnforced: [
      'no container: a worker can read what the user of the control plane can read',
      'no limit of memory, CPU or processes',
      'no network isolation: a worker can dial whatever this host can dial',
      'no isolation is attested or probed',
      linux
        ? 'a process that daemonises by a double fork within seconds can outlive its worker'
        : 'a process that daemonises into another session can outlive its worker',
      ...(adopts ? [] : ['without stateDir, workers of a killed control plane are not found again']),
    ],
  };
}

/** Refuses what a plain process cannot be held to. @throws PoolError `LEVEL_UNSUPPORTED` or `SPEC_INVALID` */
export function refuseUnsupported(spec: WorkerSpec): void {
  const refuse = (what: string, key: string): PoolError =>
    new PoolError('LEVEL_UNSUPPORTED', `the process pool cannot enforce ${what}`, {
      key,
      fix: 'use the docker backend, or the level permissive without overrides',
    });
  if (spec.level !== LEVEL) throw refuse(`the level ${spec.level}`, 'security.docker.level');
  if (spec.tightening?.readOnlyRoot) throw refuse('a read-only root', 'security.docker.read_only');
  if (spec.tightening?.network === 'none')
    throw refuse('the absence of a network', 'security.docker.network_mode');
  const { user } = spec;
  const own = user === undefined || (user.uid === process.getuid?.() && user.gid === process.getgid?.());
  if (!own && process.getuid?.() !== 0) {
    throw new PoolError(
      'SPEC_INVALID',
      'user: only a control plane that runs as root can start workers as others',
      {
        key: 'user',
        fix: 'leave user out',
      },
    );
  }
}
