import { createHash } from 'node:crypto';
import type { IsolationRequest } from '@clawforce/pool-core';
import type { Ulimit } from 'dockerode';
import { environmentOf, LOG_CONFIG, SHM_BYTES, ULIMITS } from './container-plan.js';
import type { ContainerPlan } from './container-plan.js';
import { seccompDigest } from './seccomp-profile.js';
import type { ImageDefaults } from './worker-image.js';

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

const nameOf = (variable: string): string => variable.slice(0, variable.indexOf('='));

/** Gives variables in one text: the names, and digests in place of the values. */
export const environmentText = (variables: readonly string[]): string =>
  variables
    .map((variable) => {
      const digest = createHash('sha256').update(variable).digest('hex').slice(0, 12);
      return `${nameOf(variable)}=${digest}`;
    })
    .sort()
    .join(' ');

/** Gives an argument vector in one text. */
export const commandText = (words: readonly string[]): string => JSON.stringify(words);

/** What a worker's variables are: those of the plan, and those of the image that the plan does not name. */
function variablesOf(plan: ContainerPlan, image: ImageDefaults): string[] {
  const own = environmentOf(plan);
  const named = new Set(own.map(nameOf));
  return [...own, ...image.env.filter((variable) => !named.has(nameOf(variable)))];
}

/** Gives one bind mount in one text. */
export const bindText = (source: string, target: string, writable: boolean): string =>
  `${writable ? 'rw' : 'ro'} ${source}:${target}`;

/**
 * Gives what must be read back for a plan: from the engine's record, and from inside. `identities` are the
 * directories as they are on the host, by mount target: a source that was swapped in between has another one. `image`
 * is what the image adds by itself.
 */
export function requestedIsolation(
  plan: ContainerPlan,
  identities: Readonly<Record<string, string>>,
  image: ImageDefaults,
): IsolationRequest {
  const { requirements, limits, user, mounts, tmpfs } = plan;
  const hardened = requirements.capabilities === 'none';
  const inMemory = Object.entries(tmpfs).map(([target]) => `tmpfs ${target}`);
  return {
    engine: {
      image: plan.imageId,
      command: commandText(plan.command ?? image.command),
      environment: environmentText(variablesOf(plan, image)),
      workingDirectory: '/',
      healthCheck: 'NONE',
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
      neighbours: plan.network === 'none' ? 'none' : 'off',
      publishedPorts: '',
      pidMode: '',
      ipcMode: 'private',
      utsMode: '',
      usernsMode: '',
      devices: '',
      masked: true,
      sysctls: '',
      cgroupParent: '',
      shmBytes: SHM_BYTES,
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
