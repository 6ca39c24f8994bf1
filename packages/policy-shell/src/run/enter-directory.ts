import { statSync } from 'node:fs';
import { posix } from 'node:path';
import type { CommandPlan, PlannedCommand } from '../command-plan.js';
import type { OutputCapture } from './output-capture.js';
import type { CommandStatus } from './run-pipeline.js';

/** Carries out a `cd`: what follows has its directory in the plan, so only whether it can be entered is left to say. */
export function enterDirectory(
  { argv, cwd, program }: PlannedCommand,
  plan: CommandPlan,
  capture: OutputCapture,
): CommandStatus {
  const target = (argv[1] === '--' ? argv[2] : argv[1]) ?? plan.workspace ?? cwd;
  const found = statSync(posix.resolve(cwd, target), { throwIfNoEntry: false })?.isDirectory() === true;
  if (!found) {
    capture.say('stderr', `cd: ${target}: no such directory\n`);
  } else if (!plan.pipelines) {
    const remark = 'Each call starts in the workspace again; give a path, or a cwd, to the next command.\n';
    capture.say('stdout', remark);
  }
  return { program, exitCode: found ? 0 : 1, signal: null };
}
