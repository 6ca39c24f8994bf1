import type { Engine } from './engine.js';

/** What an engine says about itself, reduced to what isolation depends on. */
export interface EngineFacts {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  /** `undefined` where the engine does not tell. */
  readonly runcVersion: string | undefined;
  readonly containerdVersion: string | undefined;
  readonly kernel: string;
  readonly operatingSystem: string;
  readonly osType: string;
  readonly cgroupVersion: string;
  readonly defaultRuntime: string;
  readonly seccomp: boolean;
  readonly apparmor: boolean;
  readonly rootless: boolean;
  /** The daemon gives every container other users than the host has (`userns-remap`). */
  readonly remapsUsers: boolean;
  readonly limits: {
    readonly memory: boolean;
    readonly swap: boolean;
    readonly pids: boolean;
    readonly cpu: boolean;
  };
}

interface Info {
  readonly ServerVersion?: string;
  readonly KernelVersion?: string;
  readonly OperatingSystem?: string;
  readonly OSType?: string;
  readonly CgroupVersion?: string;
  readonly DefaultRuntime?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly CpuCfsPeriod?: boolean;
}

interface Version {
  readonly ApiVersion?: string;
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[] | null;
}

/** Turns an engine's answers to `/info` and `/version` into {@link EngineFacts}; what is missing counts as absent. */
export function factsFrom(info: Info, version: Version): EngineFacts {
  const options = (info.SecurityOptions ?? []).map((option) => /name=([^,]+)/.exec(option)?.[1] ?? option);
  const component = (name: string): string | undefined =>
    version.Components?.find((part) => part.Name.toLowerCase() === name)?.Version;
  return {
    name: version.Components?.[0]?.Name ?? 'Engine',
    version: info.ServerVersion ?? 'unknown',
    apiVersion: version.ApiVersion ?? 'unknown',
    runcVersion: component('runc'),
    containerdVersion: component('containerd'),
    kernel: info.KernelVersion ?? 'unknown',
    operatingSystem: info.OperatingSystem ?? 'unknown',
    osType: info.OSType ?? 'unknown',
    cgroupVersion: info.CgroupVersion ?? 'unknown',
    defaultRuntime: info.DefaultRuntime ?? 'unknown',
    seccomp: options.includes('seccomp'),
    apparmor: options.includes('apparmor'),
    rootless: options.includes('rootless'),
    remapsUsers: options.includes('userns'),
    limits: {
      memory: info.MemoryLimit === true,
      swap: info.SwapLimit === true,
      pids: info.PidsLimit === true,
      cpu: info.CpuCfsQuota === true && info.CpuCfsPeriod === true,
    },
  };
}

/** Asks an engine what it is. @throws PoolError `BACKEND_UNAVAILABLE` when it does not answer. */
export async function readEngineFacts(engine: Engine): Promise<EngineFacts> {
  const [info, version] = await engine.ask((docker) =>
    Promise.all([docker.info() as Promise<Info>, docker.version() as Promise<unknown> as Promise<Version>]),
  );
  return factsFrom(info, version);
}
