import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findHelper } from './find-helper.js';
import type { LandlockFeatures } from './landlock-confiner.js';
import { landlockGrants } from './landlock-grants.js';
import { privateDirectory } from './private-directory.js';
import { sentenceOf } from './run-error.js';

/** How the Landlock backend is to be found and used. */
export interface LandlockOptions {
  /** Absolute path of `clawforce-confine`; default: the package of this platform, else the copy of a build. */
  readonly helper?: string | undefined;
  /**
   * Whether this process lives in a container of its own, whose files and processes all belong to the agent: then
   * commands may read /etc, /opt, /var and /proc, and use /tmp and /dev/shm. Default `false`.
   */
  readonly ownContainer?: boolean | undefined;
  /** Behave as on a kernel whose Landlock ABI is not above this, to test what remains there. */
  readonly mostAbi?: number | undefined;
}

/** What the host can give for Landlock. */
export interface LandlockProbe {
  readonly backend: 'landlock';
  readonly works: boolean;
  readonly detail: string;
  readonly features?: LandlockFeatures;
}

const reasons: Readonly<Record<string, string>> = {
  missing: 'this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, Linux 5.13 or newer)',
  disabled: 'Landlock is built into this kernel but not switched on (boot parameter lsm=landlock,...)',
  forbidden: 'the system call filter of this container refuses Landlock (landlock_create_ruleset)',
};

/** Probes Landlock by asking the helper and by running a command in it that tries the walls. */
export function probeLandlock(options: LandlockOptions = {}): LandlockProbe {
  const no = (detail: string): LandlockProbe => ({ backend: 'landlock', works: false, detail });
  if (process.platform !== 'linux') return no('Landlock is a part of Linux');
  const helper = findHelper(options.helper);
  if ('missing' in helper) return no(helper.missing);
  const answer = ask(helper.path);
  if (typeof answer === 'string') return no(answer);
  if (answer.used === 0) return no(reasons[answer.reason] ?? 'this kernel offers no Landlock');
  if (!answer.seccomp) return no('this kernel has no system call filters (CONFIG_SECCOMP_FILTER)');
  const { mostAbi } = options;
  const features: LandlockFeatures = {
    helper: helper.path,
    abi: Math.min(answer.used, mostAbi ?? answer.used),
    ...(mostAbi === undefined ? {} : { mostAbi }),
  };
  let trouble: string;
  try {
    trouble = trial(features);
  } catch (error) {
    trouble = sentenceOf(error);
  }
  if (trouble !== '') return no(`the Landlock helper does not work here: ${trouble}`);
  return {
    backend: 'landlock',
    works: true,
    detail: `${helper.path} confines commands (Landlock ABI ${features.abi})`,
    features,
  };
}

interface Answer {
  readonly used: number;
  readonly reason: string;
  readonly seccomp: boolean;
}

function ask(helper: string): Answer | string {
  const { stdout, error } = spawnSync(helper, ['--probe'], { encoding: 'utf8', timeout: 10_000, env: {} });
  if (error) return `the Landlock helper cannot be run: ${error.message}`;
  try {
    const said = JSON.parse(stdout) as Partial<Answer> & { version?: unknown };
    if (said.version === 1 && typeof said.used === 'number') {
      return { used: said.used, reason: String(said.reason), seccomp: said.seccomp === true };
    }
  } catch {
    // Told below.
  }
  return 'the Landlock helper answers in a form that this version does not know';
}

// The answer proves that the walls stand, not only that it starts.
const script = `
echo in > ./inside || exit 1
(echo out > "$1/written") 2>/dev/null && exit 2
(read -r line < "$1/secret") 2>/dev/null && exit 3
while read -r name value; do
  case $name in NoNewPrivs:) nnp=$value ;; Seccomp:) filter=$value ;; CapEff:) caps=$value ;; esac
done < /proc/self/status
[ "$nnp $filter $caps" = "1 2 0000000000000000" ] || exit 4
if [ "$2" -ge 6 ]; then kill -0 "$PPID" 2>/dev/null && exit 5; fi
echo held`;

function trial({ helper, abi, mostAbi }: LandlockFeatures): string {
  const directory = privateDirectory('probe');
  try {
    const [inside, outside] = [join(directory, 'inside'), join(directory, 'outside')];
    for (const path of [inside, outside]) mkdirSync(path);
    writeFileSync(join(outside, 'secret'), 'secret\n');
    const grants = landlockGrants([inside], { toolDirectories: [], ownContainer: false }, 'none');
    const most = mostAbi === undefined ? [] : ['--most-abi', String(mostAbi)];
    const { status, stdout, stderr, error } = spawnSync(
      helper,
      [...most, ...grants, '--read', '/proc', '--', 'sh', '-c', script, 'sh', outside, String(abi)],
      { cwd: inside, encoding: 'utf8', timeout: 20_000, env: { PATH: '/usr/bin:/bin' } },
    );
    if (stdout.trim() === 'held' && status === 0) return '';
    return error?.message ?? (stderr.trim().slice(0, 300) || `the probe ended with ${String(status)}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
