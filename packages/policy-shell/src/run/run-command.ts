import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { CommandPlan } from '../command-plan.js';
import { BoundedOutput, type OutputText } from './bounded-output.js';
import type {
  Confiner,
  ConfinerBackend,
  Guarantee,
  Launch,
  NetworkMode,
  ResourceLimits,
} from './confiner.js';
import { checkRunOptions } from './run-options.js';
import { RunError } from './run-error.js';
import { readFailure, start, writeDescriptor } from './start-process.js';

/** What {@link runCommand} takes. */
export interface RunOptions {
  /** From `createConfiner`. */
  readonly confiner: Confiner;
  /** Default `none`. */
  readonly network?: NetworkMode | undefined;
  /** Time until the command is ended, in milliseconds. Default 60 000. */
  readonly timeoutMs?: number | undefined;
  /** Bytes kept of each output stream, half from its beginning and half from its end. Default 65 536. */
  readonly maxOutputBytes?: number | undefined;
  /** Variables for the command, on top of PATH, HOME, TMPDIR, LANG and TERM. Nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Ends the command when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called with decoded text as it arrives. */
  readonly onOutput?:
    ((event: { readonly stream: 'stdout' | 'stderr'; readonly text: string }) => void) | undefined;
  /** Overrides of the limits for each process. */
  readonly limits?: Partial<ResourceLimits> | undefined;
}

/** What became of a command. */
export interface RunResult {
  /** Exit status; `null` when a signal ended it. 127 means that the program was not found. */
  readonly exitCode: number | null;
  /** Signal that ended it; inside bubblewrap a signal shows as exit code 128 + number. */
  readonly signal: NodeJS.Signals | null;
  /** Whether the time-out ended it. */
  readonly timedOut: boolean;
  /** Whether the abort signal ended it. */
  readonly aborted: boolean;
  readonly stdout: OutputText;
  readonly stderr: OutputText;
  readonly durationMs: number;
  /** Whether the operating system confined it. */
  readonly confined: boolean;
  readonly backend: ConfinerBackend;
  /** What held during the run. */
  readonly guarantees: readonly Guarantee[];
}

const graceMs = 2_000;

/**
 * Runs the argument vector of a plan, never a shell string, and gives what became of it. The process group gets SIGTERM
 * and two seconds later SIGKILL when time is up or `signal` aborts.
 *
 * @throws RunError when the command could not be started; a command that fails is a result, not an error.
 * @throws TypeError that names a bad option.
 */
export async function runCommand(plan: CommandPlan, options: RunOptions): Promise<RunResult> {
  const checked = checkRunOptions(plan, options);
  const started = performance.now();
  if (plan.builtin === 'cd') return changeDirectory(plan, options.confiner, started);
  const launch = await options.confiner.launch(plan, { network: checked.network, limits: checked.limits });
  try {
    if (options.signal?.aborted === true) {
      throw new RunError('START_FAILED', 'The command was cancelled before it started.');
    }
    const child = start(launch, { ...checked.env, ...launch.env, ...plan.env });
    return await watch(child, launch, options, checked, started);
  } finally {
    await launch.tidy();
  }
}

async function watch(
  child: ChildProcess,
  launch: Launch,
  options: RunOptions,
  checked: { readonly timeoutMs: number; readonly maxOutputBytes: number },
  started: number,
): Promise<RunResult> {
  const stdout = collect(child, 'stdout', checked.maxOutputBytes, options.onOutput);
  const stderr = collect(child, 'stderr', checked.maxOutputBytes, options.onOutput);
  const failure = readFailure(child, launch);
  for (const [at, text] of launch.descriptors.entries()) writeDescriptor(child.stdio[3 + at], text);
  let ending: 'timeout' | 'abort' | undefined;
  const timers: NodeJS.Timeout[] = [];
  const end = (why: 'timeout' | 'abort'): void => {
    if (ending) return;
    ending = why;
    killGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child, 'SIGKILL'), graceMs));
  };
  const onAbort = (): void => end('abort');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  timers.push(setTimeout(() => end('timeout'), checked.timeoutMs));
  try {
    const { code, signal } = await ended(child);
    if (failure() !== '') throw new RunError('START_FAILED', `The command was not started: ${failure()}.`);
    return {
      exitCode: code,
      signal,
      timedOut: ending === 'timeout',
      aborted: ending === 'abort',
      stdout: stdout.read(),
      stderr: stderr.read(),
      durationMs: Math.round(performance.now() - started),
      confined: options.confiner.confined,
      backend: options.confiner.backend,
      guarantees: [...launch.guarantees, 'time-limited', 'output-capped', 'group-killed'],
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const known = cause.code === 'ENOENT' ? 'the program was not found' : (cause.code ?? 'unknown error');
      reject(new RunError('START_FAILED', `The command could not be started: ${known}.`, { cause }));
    });
    child.once('exit', (code, signal) => {
      // What the command left in its group goes with it, and cannot hold the pipes open.
      killGroup(child, 'SIGKILL');
      const giveUp = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, 500);
      child.once('close', () => {
        clearTimeout(giveUp);
        resolve({ code, signal });
      });
    });
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}

function collect(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  maxBytes: number,
  onOutput: RunOptions['onOutput'],
): BoundedOutput {
  const output = new BoundedOutput(maxBytes);
  const decoder = new StringDecoder('utf8');
  child[stream]?.on('data', (chunk: Buffer) => {
    output.add(chunk);
    const text = onOutput ? decoder.write(chunk) : '';
    if (text !== '') onOutput?.({ stream, text });
  });
  child[stream]?.on('error', () => undefined);
  return output;
}

// Nothing keeps a directory between calls; the answer says whether it could be entered.
function changeDirectory(plan: CommandPlan, confiner: Confiner, started: number): RunResult {
  const target = plan.argv[1] ?? plan.workspace ?? plan.cwd;
  const path = target.startsWith('/') ? target : `${plan.cwd}/${target}`;
  const found = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const text = found
    ? 'Each call starts in the workspace again; give a path, or a cwd, to the next command.\n'
    : `cd: ${target}: no such directory\n`;
  const empty = { text: '', totalBytes: 0, truncated: false };
  const said = { text, totalBytes: Buffer.byteLength(text), truncated: false };
  return {
    exitCode: found ? 0 : 1,
    signal: null,
    timedOut: false,
    aborted: false,
    stdout: found ? said : empty,
    stderr: found ? empty : said,
    durationMs: Math.round(performance.now() - started),
    confined: confiner.confined,
    backend: confiner.backend,
    guarantees: [],
  };
}
