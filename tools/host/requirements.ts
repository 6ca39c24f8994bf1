import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { linksStatically } from '../confine/compile.mjs';

/** What a test may need of the host. This file is the one place that says how it is found and how to get it. */
export type Requirement =
  | 'bwrap'
  | 'landlock'
  | 'cross-arm64'
  | 'cc'
  | 'postgresql'
  | 'docker'
  | 'compose'
  | 'chromium'
  | 'root'
  | 'linux'
  | 'ps'
  | 'mounts'
  | 'netns'
  | 'own-address'
  | 'curl'
  | 'bash'
  | 'dash'
  | 'busybox'
  | 'git'
  | 'python3';

/** A requirement that this host does not meet. */
export interface MissingRequirement {
  readonly requirement: Requirement;
  /** How to get it. */
  readonly hint: string;
  /** Whether `CLAWFORCE_TEST_REQUIRE` turns the absence into a failure. */
  readonly demanded: boolean;
}

const succeeds = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;

const saysOf = (command: string, args: readonly string[]): string | undefined => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? stdout.trim() : undefined;
};

const busybox = (): boolean => succeeds('busybox', ['sh', '-c', 'true']);

const table: Readonly<Record<Requirement, { hint: string; present: () => boolean }>> = {
  linux: { hint: 'run the tests on Linux', present: () => process.platform === 'linux' },
  bwrap: {
    hint: 'apt-get install bubblewrap, with user namespaces allowed',
    present: () =>
      succeeds('bwrap', [
        '--unshare-all',
        '--unshare-user',
        '--proc',
        '/proc',
        '--ro-bind',
        '/usr',
        '/usr',
        '--symlink',
        'usr/lib',
        '/lib',
        '--symlink',
        'usr/lib64',
        '/lib64',
        '--symlink',
        'usr/bin',
        '/bin',
        'true',
      ]),
  },
  landlock: {
    hint: 'Linux 6.12 or newer with Landlock switched on (boot parameter lsm=landlock,...), apt-get install perl-base',
    // landlock_create_ruleset asked for its version; 6 brings the last walls that the tests expect.
    present: () => succeeds('perl', ['-e', 'exit(syscall(444, 0, 0, 1) >= 6 ? 0 : 1)']),
  },
  cc: {
    hint: 'apt-get install gcc libc6-dev musl-tools',
    // Some systems ship the shared C library only.
    present: () => linksStatically('cc'),
  },
  'cross-arm64': {
    hint: 'apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
    present: () => process.arch === 'arm64' || succeeds('aarch64-linux-gnu-gcc', ['--version']),
  },
  postgresql: {
    hint: 'set TEST_DATABASE_URL to an empty postgresql database (tools/provision-test-host.sh makes one)',
    present: () => (process.env['TEST_DATABASE_URL'] ?? '').startsWith('postgresql:'),
  },
  docker: {
    hint: 'apt-get install docker.io busybox-static and start dockerd on this host (tools/provision-test-host.sh does)',
    // An engine on another machine, or in one of its own, sees none of the files that the tests mount; the images of the
    // tests are made from this host's busybox.
    present: () => saysOf('docker', ['info', '--format', '{{.Name}}']) === hostname() && busybox(),
  },
  compose: {
    hint: 'apt-get install docker-compose',
    present: () => succeeds('docker-compose', ['version']),
  },
  chromium: {
    hint: 'apt-get install chromium, which is /usr/bin/chromium',
    present: () => existsSync('/usr/bin/chromium'),
  },
  ps: { hint: 'apt-get install procps', present: () => succeeds('ps', ['-A', '-o', 'pid=']) },
  bash: { hint: 'apt-get install bash', present: () => succeeds('bash', ['-c', 'true']) },
  dash: { hint: 'apt-get install dash', present: () => succeeds('dash', ['-c', 'true']) },
  busybox: {
    hint: 'apt-get install busybox-static',
    present: busybox,
  },
  git: { hint: 'apt-get install git', present: () => succeeds('git', ['--version']) },
  curl: { hint: 'apt-get install curl', present: () => succeeds('curl', ['--version']) },
  python3: {
    hint: 'apt-get install python3-minimal libpython3-stdlib',
    present: () => succeeds('/usr/bin/python3', ['-c', 'import json']),
  },
  netns: {
    hint: 'run as root with CAP_SYS_ADMIN, apt-get install iproute2',
    present: () => succeeds('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']),
  },
  'own-address': {
    hint: 'give the host a network interface with an IPv4 address besides loopback',
    present: () =>
      Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .some(({ internal, family }) => !internal && family === 'IPv4'),
  },
  mounts: {
    hint: 'run as root with CAP_SYS_ADMIN, which most containers do not have',
    present: () =>
      succeeds('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'none', '/mnt']),
  },
  root: { hint: 'run the tests as root', present: () => process.getuid?.() === 0 },
};

const found = new Map<Requirement, boolean>();

/** Gives `undefined` when the host meets the requirement, else what is missing and how to get it. */
export function missingRequirement(requirement: Requirement): MissingRequirement | undefined {
  let present = found.get(requirement);
  if (present === undefined) {
    present = table[requirement].present();
    found.set(requirement, present);
  }
  if (present) return undefined;
  const demand = process.env['CLAWFORCE_TEST_REQUIRE'] ?? '';
  const demanded = demand === 'all' || demand.split(',').includes(requirement);
  return { requirement, hint: table[requirement].hint, demanded };
}
