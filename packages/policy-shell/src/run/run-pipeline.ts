import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import { Socket } from 'node:net';
import type { CommandPlan, PlannedCommand } from '../command-plan.js';
import type { Confiner, Guarantee, Launch } from './confiner.js';
import { connectDescriptors, type DescriptorTable, type OutputPlace } from './descriptor-table.js';
import { makePipes, type PipeEnds } from './make-pipes.js';
import type { OutputCapture, OutputStream } from './output-capture.js';
import type { CheckedRunOptions } from './run-options.js';
import { RunError } from './run-error.js';
import { readFailure, start, type Stdio, writeDescriptor } from './start-process.js';
import type { Supervision } from './supervision.js';

/** How one command of a run ended. */
export interface CommandStatus {
  readonly program: string;
  /** `null` when a signal ended it. 1 when a redirection failed, 127 when the program was not found. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What the commands of one run share. */
export interface RunSetting {
  readonly plan: CommandPlan;
  readonly confiner: Confiner;
  readonly options: CheckedRunOptions;
  readonly capture: OutputCapture;
  readonly supervision: Supervision;
}

/** What became of a pipeline. */
export interface PipelineEnd {
  readonly statuses: readonly CommandStatus[];
  readonly guarantees: readonly Guarantee[];
}

interface Prepared {
  readonly command: PlannedCommand;
  readonly launch: Launch;
  readonly table: DescriptorTable;
  /** Whether both output descriptors lead to one captured stream, through one pipe that keeps their order. */
  readonly merged: boolean;
}

/**
 * Runs the commands of a pipeline at the same time, each confined by itself, and waits for all of them. The pipes
 * between them are made here; no shell is involved.
 */
export async function runPipeline(
  commands: readonly PlannedCommand[],
  setting: RunSetting,
): Promise<PipelineEnd> {
  const prepared: (Prepared | undefined)[] = [];
  let pipes: readonly PipeEnds[] = [];
  let ends: Promise<CommandStatus>[];
  try {
    try {
      for (const [at, command] of commands.entries()) {
        prepared.push(await prepare(command, at < commands.length - 1, setting));
      }
      const merges = prepared.filter((ready) => ready?.merged === true).length;
      pipes = await makePipes(commands.length - 1 + merges);
      ends = startAll(commands, prepared, pipes, setting);
    } finally {
      // This process must hold no end of a pipe and no file, or nobody would see them close.
      const files = prepared.flatMap((ready) => ready?.table.opened ?? []);
      for (const descriptor of files) closeSync(descriptor);
      for (const { read, write } of pipes) [read, write].forEach((descriptor) => closeSync(descriptor));
    }
    const statuses = await Promise.all(ends);
    return { statuses, guarantees: prepared.findLast((ready) => ready)?.launch.guarantees ?? [] };
  } finally {
    for (const ready of prepared) await ready?.launch.tidy();
  }
}

// Gives what the start of a command needs, or says on its standard error why it cannot start.
async function prepare(
  command: PlannedCommand,
  piped: boolean,
  { plan, confiner, options, capture }: RunSetting,
): Promise<Prepared | undefined> {
  const { argv, program, cwd, env } = command;
  const { protectedPaths, workspace } = plan;
  let table: DescriptorTable;
  try {
    // Only relaxed plans move about; what was judged for one directory must not run in another.
    if (plan.pipelines && realpathSync(cwd) !== cwd) throw new Error('the directory has changed');
    table = connectDescriptors(command.redirects ?? [], piped, {
      root: workspace ?? plan.cwd,
      protectedPaths,
    });
  } catch (error) {
    capture.say('stderr', `${error instanceof Error ? error.message : 'redirection failed'}\n`);
    return undefined;
  }
  try {
    const launch = await confiner.launch(
      { argv, program, cwd, env, protectedPaths, ...(workspace === undefined ? {} : { workspace }) },
      { network: options.network, limits: options.limits },
    );
    return { command, launch, table, merged: isStream(table.output) && table.output === table.errors };
  } catch (error) {
    for (const descriptor of table.opened) closeSync(descriptor);
    throw error;
  }
}

const isStream = (place: OutputPlace): place is OutputStream => place === 'stdout' || place === 'stderr';

function startAll(
  commands: readonly PlannedCommand[],
  prepared: readonly (Prepared | undefined)[],
  pipes: readonly PipeEnds[],
  setting: RunSetting,
): Promise<CommandStatus>[] {
  const merging = pipes.slice(commands.length - 1);
  return commands.map((command, at) => {
    const ready = prepared[at];
    if (!ready) return Promise.resolve({ program: command.program, exitCode: 1, signal: null });
    if (setting.supervision.ending !== undefined) {
      return Promise.resolve({ program: command.program, exitCode: null, signal: null });
    }
    const merged = ready.merged
      ? merging[prepared.slice(0, at).filter((other) => other?.merged).length]
      : undefined;
    return startOne(ready, { before: pipes[at - 1], behind: pipes[at], merged }, setting);
  });
}

function startOne(
  { command, launch, table, merged: isMerged }: Prepared,
  pipes: {
    readonly before: PipeEnds | undefined;
    readonly behind: PipeEnds | undefined;
    readonly merged: PipeEnds | undefined;
  },
  setting: RunSetting,
): Promise<CommandStatus> {
  const { input, output, errors } = table;
  const { options, capture } = setting;
  const lead = (place: OutputPlace): Stdio => {
    if (typeof place === 'number') return place;
    if (place === 'nothing') return 'ignore';
    if (place === 'pipe') return pipes.behind?.write ?? 'ignore';
    return pipes.merged?.write ?? 'pipe';
  };
  const feed =
    typeof input === 'object' ? 'pipe' : input === 'inherit' ? (pipes.before?.read ?? 'ignore') : input;
  const env = { ...options.env, ...launch.env, ...command.env };
  const child = start(launch, env, [feed, lead(output), lead(errors)]);
  child.stdin?.on('error', () => undefined).end(typeof input === 'object' ? input.text : '');
  const failure = readFailure(child, launch);
  const merged = isMerged && pipes.merged ? readerOf(pipes.merged.read) : undefined;
  if (isStream(output)) capture.collect(merged ?? child.stdout, output);
  if (isStream(errors) && !merged) capture.collect(child.stderr, errors);
  for (const [at, text] of launch.descriptors.entries()) writeDescriptor(child.stdio[3 + at], text);
  return statusOf(command.program, child, { merged, failure }, setting);
}

// A descriptor of its own, because the one of the pipe is closed with all others.
function readerOf(descriptor: number): Socket {
  return new Socket({
    fd: openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK),
    writable: false,
  });
}

async function statusOf(
  program: string,
  child: ChildProcess,
  { merged, failure }: { readonly merged: Socket | undefined; readonly failure: () => string },
  { plan, supervision, capture }: RunSetting,
): Promise<CommandStatus> {
  try {
    const { code, signal } = await supervision.watch(child);
    if (merged) await closed(merged);
    if (failure() !== '') throw new RunError('START_FAILED', `The command was not started: ${failure()}.`);
    return { program, exitCode: code, signal };
  } catch (error) {
    merged?.destroy();
    // In a line of several commands the others go on, as behind a shell.
    if (!plan.pipelines || !(error instanceof RunError)) throw error;
    capture.say('stderr', `${program}: ${error.message}\n`);
    return { program, exitCode: 127, signal: null };
  }
}

// What a command left behind, out of its group, may hold the pipe open.
function closed(stream: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) {
      resolve();
      return;
    }
    const giveUp = setTimeout(() => stream.destroy(), 500);
    stream.once('close', () => {
      clearTimeout(giveUp);
      resolve();
    });
  });
}
