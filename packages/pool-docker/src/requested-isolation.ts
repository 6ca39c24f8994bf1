import type { IsolationRequest } from '@clawforce/pool-core';
import type { Ulimit } from 'dockerode';
import { LOG_CONFIG, ULIMITS } from './container-plan.js';
import type { ContainerPlan } from './container-plan.js';
import { seccompDigest } from './seccomp-profile.js';

const PAGE = 4096;

/** Gives limits of a process in one text. */
export const ulimitText = (limits: readonly Ulimit[]): string =>
  limits
    .map(({ Name, Soft, Hard }) => `${Name ?? ''}=${Soft ?? ''}:${Hard ?? ''}`)
    .sort()
    .join(' ');

/** Gives a log set-up in one text. */
export const logText = (type: string, config: Readonly<Record<string, string>> | null | undefined): string =>
  [
    type,
    ...Object.entries(config ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  ].join(' ');

/** Gives the in-memory mounts in one text; the order of options does not matter. */
export const tmpfsText = (mounts: Readonly<Record<string, string>> | null | undefined): string =>
  Object.entries(mounts ?? {})
    .map(([target, options]) => `${target}:${options.split(',').sort().join(',')}`)
    .sort()
    .join(' ');

/** Gives one bind mount in one text. */
export const bindText = (source: string, target: string, writable: boolean): string =>
  `${writable ? 'rw' : 'ro'} ${source}:${target}`;

/**
 * Gives what must be read back for a plan: from the engine's record, and from inside. `identities` are the
 * directories as they are on the host, by mount target: a source that was swapped in between has another one.
 */
export function requestedIsolation(
  plan: ContainerPlan,
  identities: Readonly<Record<string, string>>,
): IsolationRequest {
  const { requirements, limits, user, mounts, tmpfs } = plan;
  const hardened = requirements.capabilities === 'none';
  const inMemory = Object.entries(tmpfs).map(([target]) => `tmpfs ${target}`);
  return {
    engine: {
      image: plan.imageId,
      user: `${user.uid}:${user.gid}`,
      privileged: false,
      capabilitiesAdded: '',
      capabilitiesDropped: hardened ? 'ALL' : '',
      noNewPrivileges: requirements.noNewPrivileges,
      seccomp: plan.seccomp === undefined ? 'engine-default' : seccompDigest(plan.seccomp),
      otherSecurityOptions: '',
      readOnlyRoot: requirements.readOnlyRoot,
      network: plan.network,
      networks: plan.network,
      publishedPorts: '',
      pidMode: '',
      ipcMode: 'private',
      utsMode: '',
      usernsMode: '',
      devices: '',
      masked: true,
      init: true,
      memoryBytes: limits.memoryBytes,
      memorySwapBytes: limits.memoryBytes,
      cpuQuotaUs: limits.cpuQuotaUs,
      cpuPeriodUs: limits.cpuPeriodUs,
      pidsLimit: limits.pids ?? null,
      oomKillDisabled: false,
      ulimits: hardened ? ulimitText(ULIMITS) : '',
      log: logText(LOG_CONFIG.Type, LOG_CONFIG.Config),
      restartPolicy: 'no',
      binds: mounts
        .map(({ from, target, readOnly }) => bindText(from, target, !readOnly))
        .sort()
        .join(' '),
      tmpfs: tmpfsText(tmpfs),
      volumes: '',
      volumesFrom: '',
    },
    inside: {
      uid: user.uid,
      gid: user.gid,
      groups: '',
      capabilities: requirements.capabilities,
      noNewPrivileges: requirements.noNewPrivileges,
      seccomp: 'filter',
      readOnlyRoot: requirements.readOnlyRoot,
      interfaces: requirements.network === 'none' ? 'lo' : 'eth0,lo',
      mounts: [...mounts.map(({ target, readOnly }) => `${readOnly ? 'ro' : 'rw'} ${target}`), ...inMemory]
        .sort()
        .join(','),
      directories: Object.entries(identities)
        .map(([target, identity]) => `${target}=${identity}`)
        .sort()
        .join(','),
      memoryBytes: Math.floor(limits.memoryBytes / PAGE) * PAGE,
      swapBytes: 0,
      cpuShare: limits.cpuQuotaUs / limits.cpuPeriodUs,
      pidsLimit: limits.pids ?? null,
      ...(hardened ? { coreLimit: '0:0', fileLimit: '4096:4096' } : {}),
    },
  };
}
