import type { IsolationFacts } from '@clawforce/pool-core';
import type { ContainerInspectInfo } from 'dockerode';
import {
  bindText,
  commandText,
  environmentText,
  logText,
  tmpfsText,
  ulimitText,
} from './requested-isolation.js';
import { seccompDigest } from './seccomp-profile.js';

/** Paths that every engine hides by default, as they leak or control the host; newer ones hide more. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/firmware',
] as const;
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'] as const;

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

function seccompOf(options: readonly string[]): string {
  const profiles = options.filter((option) => /^seccomp[=:]/.test(option)).map((option) => option.slice(8));
  if (profiles.length === 0) return 'engine-default';
  return profiles
    .map((profile) => (profile === 'unconfined' ? 'unconfined' : seccompDigest(profile)))
    .join(' ');
}

const isNoNewPrivileges = (option: string): boolean => /^no-new-privileges(?:[=:]true)?$/.test(option);

/** Reads what an engine recorded for a container, in the words of {@link requestedIsolation}. */
export function effectiveIsolation(found: ContainerInspectInfo): IsolationFacts {
  const host = found.HostConfig;
  const options = texts(host.SecurityOpt);
  const ports = Object.keys((host.PortBindings ?? {}) as object);
  const binds = found.Mounts.filter(({ Type }) => Type === 'bind');
  const masked = MASKED.every((path) => host.MaskedPaths?.includes(path));
  const readOnlyPaths = READ_ONLY.every((path) => host.ReadonlyPaths?.includes(path));
  const devices = [host.Devices, host.DeviceRequests, host.DeviceCgroupRules].flatMap(
    (list: unknown): unknown[] => (Array.isArray(list) ? list : []),
  );
  return {
    image: found.Image,
    command: commandText([found.Path, ...found.Args]),
    environment: environmentText(found.Config.Env),
    workingDirectory: found.Config.WorkingDir,
    healthCheck: texts(found.Config.Healthcheck?.Test).join(' '),
    user: found.Config.User,
    privileged: host.Privileged ?? false,
    capabilitiesAdded: texts(host.CapAdd).sort().join(' '),
    capabilitiesDropped: texts(host.CapDrop).sort().join(' '),
    noNewPrivileges: options.some(isNoNewPrivileges),
    seccomp: seccompOf(options),
    otherSecurityOptions: options
      .filter((option) => !isNoNewPrivileges(option) && !/^seccomp[=:]/.test(option))
      .sort()
      .join(' '),
    readOnlyRoot: host.ReadonlyRootfs ?? false,
    network: host.NetworkMode ?? '',
    networks: Object.keys(found.NetworkSettings.Networks).sort().join(' '),
    publishedPorts: host.PublishAllPorts ? 'all' : ports.sort().join(' '),
    pidMode: host.PidMode ?? '',
    ipcMode: host.IpcMode ?? '',
    utsMode: host.UTSMode ?? '',
    usernsMode: host.UsernsMode ?? '',
    devices: devices.map((device) => JSON.stringify(device)).join(' '),
    masked: masked && readOnlyPaths,
    sysctls: Object.entries(host.Sysctls ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(' '),
    cgroupParent: host.CgroupParent ?? '',
    shmBytes: host.ShmSize ?? 0,
    init: host.Init ?? false,
    memoryBytes: host.Memory ?? 0,
    memorySwapBytes: host.MemorySwap ?? 0,
    cpuQuotaUs: host.CpuQuota ?? 0,
    cpuPeriodUs: host.CpuPeriod ?? 0,
    pidsLimit: host.PidsLimit === undefined || host.PidsLimit <= 0 ? null : host.PidsLimit,
    oomKillDisabled: host.OomKillDisable ?? false,
    ulimits: ulimitText(host.Ulimits ?? []),
    log: logText(host.LogConfig?.Type ?? '', host.LogConfig?.Config as Record<string, string> | undefined),
    restartPolicy: host.RestartPolicy?.Name === '' ? 'no' : (host.RestartPolicy?.Name ?? 'no'),
    binds: binds
      .map(({ Source, Destination, RW }) => bindText(Source, Destination, RW))
      .sort()
      .join(' '),
    tmpfs: tmpfsText(host.Tmpfs),
    volumes: found.Mounts.filter(({ Type }) => Type !== 'bind' && Type !== 'tmpfs')
      .map(({ Destination }) => Destination)
      .sort()
      .join(' '),
    volumesFrom: texts(host.VolumesFrom).sort().join(' '),
    runtime: host.Runtime ?? '',
    apparmor: found.AppArmorProfile,
  };
}
