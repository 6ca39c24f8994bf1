import type { IsolationFacts } from '@clawforce/pool-core';
import { AGENT_ROOT, SOCKET_DIR } from './worker-mounts.js';

/** What the probe program prints: files of the kernel as they are, judged outside. */
export interface RawProbe {
  /** `/proc/self/status` of the probe, which has what the engine gives to the container. */
  readonly self: string;
  /** `/proc/1/status`. */
  readonly first: string;
  readonly mountinfo: string;
  readonly netdev: string;
  readonly limits: string;
  readonly cgroup: Readonly<Record<string, string | null>>;
  /** `device:inode` by path. */
  readonly directories: Readonly<Record<string, string | null>>;
  readonly swapTotal: string | null;
}

const CGROUP_FILES = [
  'memory.max',
  'memory.swap.max',
  'cpu.max',
  'pids.max',
  'memory/memory.limit_in_bytes',
  'memory/memory.memsw.limit_in_bytes',
  'cpu/cpu.cfs_quota_us',
  'cpu/cpu.cfs_period_us',
  'pids/pids.max',
] as const;

const DIRECTORIES = [
  AGENT_ROOT,
  `${AGENT_ROOT}/workspace`,
  `${AGENT_ROOT}/profiles`,
  `${AGENT_ROOT}/.state`,
  SOCKET_DIR,
] as const;

/** The probe: reads and prints, decides nothing. Every worker image has Node. */
export const PROBE_COMMAND: readonly string[] = [
  'node',
  '-e',
  `const fs = require('fs');
const read = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch { return null; } };
const where = (path) => { try { const s = fs.lstatSync(path, { bigint: true }); return s.dev + ':' + s.ino; } catch { return null; } };
const all = (paths, what) => Object.fromEntries(paths.map((path) => [path, what(path)]));
process.stdout.write(JSON.stringify({
  self: read('/proc/self/status'), first: read('/proc/1/status'), mountinfo: read('/proc/self/mountinfo'),
  netdev: read('/proc/net/dev'), limits: read('/proc/self/limits'),
  cgroup: all(${JSON.stringify(CGROUP_FILES)}, (name) => read('/sys/fs/cgroup/' + name)),
  directories: all(${JSON.stringify(DIRECTORIES)}, where),
  swapTotal: (/^SwapTotal:\\s+(\\d+)/m.exec(read('/proc/meminfo') || '') || [])[1] || null,
}));`,
];

/** The set that Docker gives by default: what is left of it is at most this. */
const ENGINE_DEFAULT_CAPABILITIES = 0xa80425fbn;

/** Mount points that every engine makes by itself. */
const ENGINE_MOUNTS =
  /^(?:\/|\/proc(?:\/.*)?|\/sys(?:\/.*)?|\/dev(?:\/.*)?|\/etc\/(?:resolv\.conf|hostname|hosts)|\/sbin\/docker-init)$/;

/** Devices that some kernels put into every new network namespace; they are down and lead nowhere. */
const IDLE_INTERFACES = /^(?:tunl0|sit0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0|ip6erspan0)$/;

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';

function capabilities(statuses: readonly string[]): string {
  let union = 0n;
  for (const status of statuses) {
    for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      const value = field(status, name);
      if (!/^[0-9a-f]{16}$/.test(value)) return 'unknown';
      union |= BigInt(`0x${value}`);
    }
  }
  if (union === 0n) return 'none';
  const beyond = union & ~ENGINE_DEFAULT_CAPABILITIES;
  return beyond === 0n ? 'engine-default' : `beyond the engine's default: 0x${beyond.toString(16)}`;
}

/** Both processes must say the same; else the text shows both. */
const agreed = (statuses: readonly string[], name: string, pick: (text: string) => string): string =>
  [...new Set(statuses.map((status) => pick(field(status, name))))].join(' and ');

const number = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

function groupsOf(statuses: readonly string[], gid: string): string {
  const groups = statuses.flatMap((status) => field(status, 'Groups').split(/\s+/));
  return [...new Set(groups.filter((group) => group !== '' && group !== gid))].join(' ');
}

function mountsOf(mountinfo: string): { readonly own: string; readonly readOnlyRoot: boolean } {
  const rows = mountinfo
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const parts = left.split(' ');
      const readOnly = (parts[5] ?? '').split(',').includes('ro');
      return { target: parts[4] ?? '', readOnly, type: right.split(' ')[0] ?? '' };
    });
  const own = rows
    .filter(({ target }) => !ENGINE_MOUNTS.test(target))
    // A directory of the host may lie on a tmpfs as well: that it is that one and no other, `directories` tells.
    .map(({ target, readOnly, type }) => {
      const inMemory = type === 'tmpfs' && !(DIRECTORIES as readonly string[]).includes(target);
      return `${inMemory ? 'tmpfs' : readOnly ? 'ro' : 'rw'} ${target}`;
    });
  // The last row of a mount point is the one on top.
  return {
    own: own.sort().join(','),
    readOnlyRoot: rows.findLast(({ target }) => target === '/')?.readOnly ?? false,
  };
}

function interfacesOf(netdev: string): string {
  const names = netdev
    .split('\n')
    .flatMap((line) => /^\s*([^\s:|]+):/.exec(line)?.[1] ?? [])
    .filter((name) => !IDLE_INTERFACES.test(name));
  return names.sort().join(',');
}

function limitOf(limits: string, name: string): string {
  const match = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(limits);
  return match ? `${match[1] ?? ''}:${match[2] ?? ''}` : 'unknown';
}

const bytes = (text: string | null | undefined): number | null =>
  text && /^\d+$/.test(text.trim()) ? Number(text.trim()) : null;

function cgroupFacts({ cgroup, swapTotal }: RawProbe): IsolationFacts {
  const pids = bytes(cgroup['pids.max'] ?? cgroup['pids/pids.max']);
  const [quota, period] = (cgroup['cpu.max'] ?? '').trim().split(' ');
  const cpu =
    quota === undefined || period === undefined
      ? [bytes(cgroup['cpu/cpu.cfs_quota_us']), bytes(cgroup['cpu/cpu.cfs_period_us'])]
      : [bytes(quota), bytes(period)];
  const memory = bytes(cgroup['memory.max'] ?? cgroup['memory/memory.limit_in_bytes']);
  const both = bytes(cgroup['memory/memory.memsw.limit_in_bytes']);
  const v1Swap = both === null || memory === null ? null : both - memory;
  // A kernel without swap has no file for it, and nothing to limit.
  const swap = bytes(cgroup['memory.swap.max']) ?? v1Swap ?? (swapTotal === '0' ? 0 : null);
  return {
    memoryBytes: memory,
    swapBytes: swap,
    cpuShare: cpu[0] && cpu[1] ? cpu[0] / cpu[1] : null,
    pidsLimit: pids,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function isRaw(value: unknown): value is RawProbe {
  if (!isObject(value)) return false;
  const texts = ['self', 'first', 'mountinfo', 'netdev', 'limits'].map((name) => value[name]);
  return (
    texts.every((text) => typeof text === 'string') &&
    isObject(value['cgroup']) &&
    isObject(value['directories'])
  );
}

/** Judges what the probe printed; `undefined` when it is not what the probe prints. */
export function insideFacts(output: string): IsolationFacts | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(output);
  } catch {
    return undefined;
  }
  if (!isRaw(raw)) return undefined;
  const statuses = [raw.self, raw.first];
  const mounts = mountsOf(raw.mountinfo);
  const gid = field(raw.self, 'Gid').split(/\s+/)[0] ?? '';
  const directories = Object.entries(raw.directories)
    .map(([path, identity]) => `${path}=${identity ?? 'absent'}`)
    .sort();
  const seccomp = (mode: string): string => ({ '0': 'off', '1': 'strict', '2': 'filter' })[mode] ?? 'unknown';
  return {
    uid: number(agreed(statuses, 'Uid', (text) => [...new Set(text.split(/\s+/))].join('/'))),
    gid: number(agreed(statuses, 'Gid', (text) => [...new Set(text.split(/\s+/))].join('/'))),
    groups: groupsOf(statuses, gid),
    capabilities: capabilities(statuses),
    noNewPrivileges: statuses.every((status) => field(status, 'NoNewPrivs') === '1'),
    seccomp: agreed(statuses, 'Seccomp', seccomp),
    readOnlyRoot: mounts.readOnlyRoot,
    interfaces: interfacesOf(raw.netdev),
    mounts: mounts.own,
    directories: directories.join(','),
    coreLimit: limitOf(raw.limits, 'Max core file size'),
    fileLimit: limitOf(raw.limits, 'Max open files'),
    ...cgroupFacts(raw),
  };
}
