import type { ContainerInspectInfo } from 'dockerode';
import { effectiveIsolation } from './effective-isolation.js';

/** One item of the CIS Docker Benchmark, section 4 or 5, for one container. */
export interface CisFinding {
  /** For example `5.3`. */
  readonly item: string;
  readonly title: string;
  readonly passed: boolean;
  /** What was found. */
  readonly found: string;
}

/** The part of an engine's record that the audit reads: what `docker inspect` prints. */
export type ContainerRecord = ContainerInspectInfo;

/** Directories of a host that no container has a business in (5.5). */
const SENSITIVE = [
  '/',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/proc',
  '/sys',
  '/usr',
  '/root',
  '/var/lib/docker',
  '/var/lib/containerd',
];

interface Rule {
  readonly item: string;
  readonly title: string;
  readonly judge: (
    record: ContainerRecord,
    facts: ReturnType<typeof effectiveIsolation>,
  ) => readonly [boolean, string];
}

const clean = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

const sources = ({ Mounts }: ContainerRecord): string[] => Mounts.map(({ Source }) => clean(Source));

const is =
  (field: string, ...accepted: readonly unknown[]): Rule['judge'] =>
  (_record, facts) => [accepted.includes(facts[field]), `${field} ${JSON.stringify(facts[field] ?? null)}`];

const positive =
  (field: string): Rule['judge'] =>
  (_record, facts) => [Number(facts[field]) > 0, `${field} ${JSON.stringify(facts[field] ?? null)}`];

const listed = (paths: readonly string[]): readonly [boolean, string] => [
  paths.length === 0,
  paths.length === 0 ? 'none' : paths.join(' '),
];

const RULES: readonly Rule[] = [
  {
    item: '4.1',
    title: 'a user that is not root',
    judge: (_record, facts) => [
      !/^(?:|0|root)(?::|$)/.test(String(facts['user'])),
      `user ${JSON.stringify(facts['user'])}`,
    ],
  },
  {
    item: '5.1',
    title: 'an AppArmor profile is not switched off',
    judge: (_record, facts) => [
      facts['apparmor'] !== 'unconfined' &&
        !String(facts['otherSecurityOptions']).includes('apparmor=unconfined'),
      `profile ${JSON.stringify(facts['apparmor'])}`,
    ],
  },
  {
    item: '5.2',
    title: 'SELinux is not switched off',
    judge: (_record, facts) => [
      !/label[=:]disable/.test(String(facts['otherSecurityOptions'])),
      String(facts['otherSecurityOptions']) || 'not switched off',
    ],
  },
  { item: '5.3', title: 'no capability beyond the default', judge: is('capabilitiesAdded', '') },
  { item: '5.4', title: 'not privileged', judge: is('privileged', false) },
  {
    item: '5.5',
    title: 'no sensitive directory of the host',
    judge: (record) => listed(sources(record).filter((path) => SENSITIVE.includes(path))),
  },
  { item: '5.7', title: 'no privileged port and no published port', judge: is('publishedPorts', '') },
  {
    item: '5.9',
    title: "not the host's network",
    judge: (_record, facts) => [
      facts['network'] !== 'host' && !String(facts['network']).startsWith('container:'),
      `network ${JSON.stringify(facts['network'])}`,
    ],
  },
  { item: '5.10', title: 'memory limited', judge: positive('memoryBytes') },
  {
    item: '5.11',
    title: 'CPU limited',
    judge: (record, facts) => [
      Number(facts['cpuQuotaUs']) > 0 ||
        (record.HostConfig.NanoCpus ?? 0) > 0 ||
        (record.HostConfig.CpuShares ?? 0) > 0,
      `quota ${String(facts['cpuQuotaUs'])} µs`,
    ],
  },
  { item: '5.12', title: 'read-only root file system', judge: is('readOnlyRoot', true) },
  {
    item: '5.14',
    title: 'the engine restarts it at most a few times',
    judge: (record, facts) => [
      facts['restartPolicy'] === 'no' ||
        (facts['restartPolicy'] === 'on-failure' &&
          (record.HostConfig.RestartPolicy?.MaximumRetryCount ?? 0) > 0),
      `policy ${String(facts['restartPolicy'])}`,
    ],
  },
  { item: '5.15', title: "not the host's processes", judge: is('pidMode', '', 'private') },
  { item: '5.16', title: "not the host's IPC", judge: is('ipcMode', 'private', 'none') },
  { item: '5.17', title: 'no device of the host', judge: is('devices', '') },
  {
    item: '5.18',
    title: 'descriptors and core dumps limited',
    judge: (_record, facts) => [
      /core=.*nofile=/.test(String(facts['ulimits'])),
      String(facts['ulimits']) || 'none of its own',
    ],
  },
  {
    item: '5.19',
    title: 'no mount is shared back',
    judge: (record) =>
      listed(
        record.Mounts.filter(({ Propagation }) => /shared/.test(Propagation)).map(
          ({ Destination }) => Destination,
        ),
      ),
  },
  { item: '5.20', title: "not the host's name", judge: is('utsMode', '', 'private') },
  {
    item: '5.21',
    title: 'a syscall filter',
    judge: (_record, facts) => [
      !String(facts['seccomp']).includes('unconfined'),
      `filter ${String(facts['seccomp'])}`,
    ],
  },
  { item: '5.25', title: 'no new privileges', judge: is('noNewPrivileges', true) },
  // The link of a worker is its health check, and its loss ends it; the engine's own would be one more command inside.
  {
    item: '5.26',
    title: 'a health check of the engine',
    judge: ({ Config }) => {
      const test = (Config as { Healthcheck?: { Test?: readonly string[] } }).Healthcheck?.Test?.[0];
      return [
        test !== undefined && test !== 'NONE',
        test === 'NONE' ? 'switched off: the link of the worker is its health check' : (test ?? 'none'),
      ];
    },
  },
  { item: '5.28', title: 'processes limited', judge: positive('pidsLimit') },
  {
    item: '5.29',
    title: "not the engine's default network",
    judge: (_record, facts) => [
      !['bridge', 'default', ''].includes(String(facts['network'])),
      `network ${JSON.stringify(facts['network'])}`,
    ],
  },
  { item: '5.30', title: "the host's user namespace is not asked for", judge: is('usernsMode', '') },
  {
    item: '5.31',
    title: "no engine's socket",
    judge: (record) =>
      listed(
        sources(record).filter(
          (path) =>
            /(?:docker|containerd|podman)[^/]*\.sock$/.test(path) || ['/run', '/var/run'].includes(path),
        ),
      ),
  },
];

/** Judges a container by the items of the CIS Docker Benchmark that bind a pool; `record` is what `inspect` gives. */
export function auditContainer(record: ContainerRecord): readonly CisFinding[] {
  const facts = effectiveIsolation(record);
  return RULES.map(({ item, title, judge }) => {
    const [passed, found] = judge(record, facts);
    return { item, title, passed, found };
  });
}
