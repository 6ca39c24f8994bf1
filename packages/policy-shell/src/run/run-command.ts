import type { CommandPlan } from '../command-plan.js';
import type { OutputText } from './bounded-output.js';
import type { Confiner, ConfinerBackend, Guarantee, NetworkMode, ResourceLimits } from './confiner.js';
import { enterDirectory } from './enter-directory.js';
import { type OnOutput, OutputCapture } from './output-capture.js';
import { RunError } from './run-error.js';
import { checkRunOptions } from './run-options.js';
import { type CommandStatus, runPipeline, type RunSetting } from './run-pipeline.js';
import { Supervision } from './supervision.js';

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
  readonly onOutput?: OnOutput | undefined;
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
  /** How each command ended that ran, in the order of the line; only for a plan with several, or with redirections. */
  readonly commands?: readonly CommandStatus[];
}

/**
 * Runs a plan: its argument vectors, never a shell string, and gives what became of it. The process groups get SIGTERM
 * and two seconds later SIGKILL when time is up or `signal` aborts. In a line of several commands the exit code is that of
 * the last command of the last pipeline that ran, as in POSIX sh without `pipefail`; `commands` has all of them.
 *
 * @throws RunError when the command could not be started; a command that fails is a result, not an error.
 * @throws TypeError that names a bad option.
 */
export async function runCommand(plan: CommandPlan, options: RunOptions): Promise<RunResult> {
  const checked = checkRunOptions(plan, options);
  const started = performance.now();
  if (options.signal?.aborted === true) {
    throw new RunError('START_FAILED', 'The command was cancelled before it started.');
  }
  const { confiner } = options;
  const capture = new OutputCapture(checked.maxOutputBytes, options.onOutput);
  const supervision = new Supervision(checked.timeoutMs, options.signal);
  try {
    const setting: RunSetting = { plan, confiner, options: checked, capture, supervision };
    const { last, commands, guarantees } = await runPipelines(setting);
    return {
      exitCode: last.exitCode,
      signal: last.signal,
      timedOut: supervision.ending === 'timeout',
      aborted: supervision.ending === 'abort',
      stdout: capture.read('stdout'),
      stderr: capture.read('stderr'),
      durationMs: Math.round(performance.now() - started),
      confined: confiner.confined,
      backend: confiner.backend,
      guarantees:
        guarantees.length === 0 ? [] : [...guarantees, 'time-limited', 'output-capped', 'group-killed'],
      ...(plan.pipelines ? { commands } : {}),
    };
  } finally {
    supervision.close();
  }
}

async function runPipelines(setting: RunSetting): Promise<{
  readonly last: CommandStatus;
  readonly commands: readonly CommandStatus[];
  readonly guarantees: readonly Guarantee[];
}> {
  const { plan, supervision, capture } = setting;
  const commands: CommandStatus[] = [];
  let last: CommandStatus = { program: plan.program, exitCode: 0, signal: null };
  let guarantees: readonly Guarantee[] = [];
  for (const pipeline of plan.pipelines ?? [{ joiner: 'always' as const, commands: [plan] as const }]) {
    if (supervision.ending !== undefined) break;
    if (pipeline.joiner !== 'always' && (pipeline.joiner === 'and') !== (last.exitCode === 0)) continue;
    const [first] = pipeline.commands;
    if (first.builtin === 'cd' && pipeline.commands.length === 1) {
      last = enterDirectory(first, plan, capture);
      commands.push(last);
      // What follows was judged for the new directory.
      if (last.exitCode !== 0) break;
      continue;
    }
    const end = await runPipeline(pipeline.commands, setting);
    commands.push(...end.statuses);
    last = end.statuses.at(-1) ?? last;
    if (end.guarantees.length > 0) guarantees = end.guarantees;
  }
  return { last, commands, guarantees };
}
