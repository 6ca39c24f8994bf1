import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Directory of one installation, with its own sockets. */
export interface Installation {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** Makes an empty installation below the temporary directory. */
export function newInstallation(): Installation {
  const directory = mkdtempSync(join(tmpdir(), 'cf-e2e-'));
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    LANG: 'C.UTF-8',
    ADMIN_STORAGE_ROOT: join(directory, 'data'),
    AGENT_RUNTIME_DIR: join(directory, 'run'),
    ADMIN_RUNTIME_BACKEND: 'process',
    NO_COLOR: '1',
  };
  return {
    dataDir: join(directory, 'data'),
    env,
    remove() {
      endServer(join(directory, 'data', 'admin'));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Gives the process that holds the lock of this directory, or 0: `npm` passes no signal on to what it started. */
function serverOf(adminDir: string): number {
  if (!existsSync(adminDir)) return 0;
  const holder = readdirSync(adminDir).find((name) => name.endsWith('.lock.holder'));
  return holder === undefined ? 0 : Number.parseInt(readFileSync(join(adminDir, holder), 'utf8'), 10);
}

/** Ends a server that outlived its launcher. */
function endServer(adminDir: string): void {
  const pid = serverOf(adminDir);
  if (!(pid > 1)) return;
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('control-plane')) process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended already.
  }
}

/** A running server. */
export interface Product {
  readonly url: string;
  /** Token of the one-time link, while no password is set. */
  readonly setupToken: string | undefined;
  /** Of the server itself, whatever started it. */
  readonly pid: number;
  /** Seconds from the command to the banner. */
  readonly startSeconds: number;
  output(): string;
  /** Sends a signal and gives the exit code once the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the server as `npm start` does, or its main file alone, and waits for the banner. */
export async function startProduct(
  installation: Installation,
  options: {
    readonly command?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly timeoutMs?: number;
  } = {},
): Promise<Product> {
  const [command = process.execPath, ...args] = options.command ?? [
    process.execPath,
    join(root, 'apps/control-plane/dist/main.js'),
    'serve',
    '--port',
    '0',
  ];
  const began = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...installation.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

  await waitFor(
    () => {
      if (child.exitCode !== null)
        throw new Error(`the server ended with ${String(child.exitCode)}:\n${output}`);
      return /Stop with Ctrl\+C/.test(output);
    },
    { timeoutMs: options.timeoutMs ?? 120_000, what: () => `the banner; so far:\n${output}` },
  ).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const startSeconds = (performance.now() - began) / 1000;
  const pid = serverOf(join(installation.dataDir, 'admin')) || (child.pid ?? 0);
  const url = /is running at (\S+)/.exec(output)?.[1];
  if (url === undefined) throw new Error(`no URL in the banner:\n${output}`);
  return {
    url,
    setupToken: /\/claim#(\S+)/.exec(output)?.[1],
    pid,
    startSeconds,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
      return exited;
    },
  };
}

/** Waits until `check` gives something truthy. */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly what?: () => string } = {},
): Promise<NonNullable<T>> {
  const until = Date.now() + (options.timeoutMs ?? 30_000);
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > until) throw new Error(`timed out waiting for ${options.what?.() ?? 'a condition'}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a command printed. */
export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `clawforce` with these words. */
export function clawforce(
  installation: Installation,
  args: readonly string[],
  options: { readonly stdin?: string } = {},
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(
      process.execPath,
      [join(root, 'apps/control-plane/dist/main.js'), ...args],
      {
        cwd: installation.dataDir.replace(/data$/, ''),
        env: installation.env,
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.stdin?.end(options.stdin ?? '');
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
