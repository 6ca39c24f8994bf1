import { posix } from 'node:path';
import type { CommandPlan } from '../command-plan.js';
import type { NetworkMode, ResourceLimits } from './confiner.js';
import type { RunOptions } from './run-command.js';

/** Options with defaults filled in and values checked. */
export interface CheckedRunOptions {
  readonly network: NetworkMode;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: ResourceLimits;
}

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Gives checked options of `runCommand`. @throws TypeError that names the bad option. */
export function checkRunOptions(plan: CommandPlan, options: RunOptions): CheckedRunOptions {
  for (const { argv, cwd } of [plan, ...(plan.pipelines ?? []).flatMap(({ commands }) => commands)]) {
    if (!Array.isArray(argv) || argv.length === 0 || !argv.every(isWord)) {
      throw new TypeError('plan "argv" must be a non-empty array of strings without NUL');
    }
    for (const [name, path] of [
      ['cwd', cwd],
      ['workspace', plan.workspace ?? plan.cwd],
    ] as const) {
      if (!isWord(path) || !posix.isAbsolute(path))
        throw new TypeError(`plan "${name}" must be an absolute path`);
    }
  }
  if (typeof (options as Partial<RunOptions>).confiner?.launch !== 'function') {
    throw new TypeError('option "confiner" is required; get one from createConfiner');
  }
  const timeoutMs = positive('timeoutMs', options.timeoutMs ?? 60_000, 86_400_000);
  return {
    network: network(options.network),
    timeoutMs,
    maxOutputBytes: positive('maxOutputBytes', options.maxOutputBytes ?? 65_536, 2 ** 28),
    env: environment(options.env ?? {}, options.confiner.path),
    limits: {
      fileBytes: positive('limits.fileBytes', options.limits?.fileBytes ?? 2 ** 30, 2 ** 50),
      cpuSeconds: positive(
        'limits.cpuSeconds',
        options.limits?.cpuSeconds ?? Math.ceil(timeoutMs / 1000) * 2 + 1,
        2 ** 31,
      ),
      processes: positive('limits.processes', options.limits?.processes ?? 1024, 2 ** 22),
    },
  };
}

const isWord = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');

function network(value: NetworkMode | undefined): NetworkMode {
  if (value === undefined) return 'none';
  if (value === 'none' || value === 'host') return value;
  const socket: unknown = (value as { proxySocket?: unknown } | null)?.proxySocket;
  if (isWord(socket) && posix.isAbsolute(socket)) return { proxySocket: socket };
  throw new TypeError('option "network" must be none, host or { proxySocket: absolute path }');
}

function positive(name: string, value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most) {
    throw new TypeError(`option "${name}" must be a whole number from 1 to ${most}`);
  }
  return value;
}

function environment(
  granted: Readonly<Record<string, string>>,
  tools: readonly string[],
): Record<string, string> {
  for (const [name, value] of Object.entries(granted)) {
    // The loader and bubblewrap itself would act on these before the walls stand.
    if (!/^[A-Za-z_]\w*$/.test(name) || /^(?:LD_|GCONV_PATH$|MALLOC_)/.test(name)) {
      throw new TypeError(`option "env" must not set ${JSON.stringify(name)}`);
    }
    if (!isWord(value)) throw new TypeError(`option "env" must map ${name} to a string without NUL`);
  }
  return {
    PATH: [...tools, ...systemPath].join(':'),
    HOME: '/tmp',
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    ...granted,
  };
}
