import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { privateDirectory } from './private-directory.js';
import { RunError } from './run-error.js';

/** Descriptors of the two ends of a pipe; whoever asked for it closes them. */
export interface PipeEnds {
  readonly read: number;
  readonly write: number;
}

const programs = ['/usr/bin/mkfifo', '/bin/mkfifo'];

/**
 * Gives real pipes. Node makes socket pairs, on which a writer whose reader has gone gets ECONNRESET instead of SIGPIPE:
 * `npm test | head` would end in a stack trace.
 *
 * @throws RunError `START_FAILED`.
 */
export async function makePipes(count: number): Promise<readonly PipeEnds[]> {
  if (count === 0) return [];
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) throw new RunError('START_FAILED', 'Pipes need the program mkfifo.');
  // The directory is this user's alone, and gone before any command starts.
  const directory = privateDirectory('pipes');
  const opened: number[] = [];
  const open = (path: string, flags: number): number => {
    const descriptor = openSync(path, flags);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const paths = Array.from({ length: count }, (_, at) => join(directory, String(at)));
    await run(program, ['-m', '600', ...paths]);
    const ends = paths.map((path) => {
      // Both ends at once, so that neither of the next two waits for the other.
      const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      try {
        return { read: open(path, constants.O_RDONLY), write: open(path, constants.O_WRONLY) };
      } finally {
        closeSync(both);
      }
    });
    return ends;
  } catch (cause) {
    for (const descriptor of opened) closeSync(descriptor);
    throw new RunError('START_FAILED', 'The pipes of the command could not be made.', { cause });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', env: {} });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`mkfifo ended with ${String(code)}`));
    });
  });
}
