import type { ChildProcess } from 'node:child_process';
import { RunError } from './run-error.js';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const graceMs = 2_000;

/** Watches the processes of one run and ends them, groups and all, when time is up or the caller aborts. */
export class Supervision {
  readonly #running = new Set<ChildProcess>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #abort: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#end('abort');
  #ending: 'timeout' | 'abort' | undefined;

  constructor(timeoutMs: number, abort: AbortSignal | undefined) {
    this.#abort = abort;
    abort?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timers.push(setTimeout(() => this.#end('timeout'), timeoutMs));
  }

  /** Why the run is being ended, if it is; nothing may be started then. */
  get ending(): 'timeout' | 'abort' | undefined {
    return this.#ending;
  }

  /** Gives how a process ended, when its output is closed too. @throws RunError `START_FAILED`. */
  async watch(child: ChildProcess): Promise<ProcessEnd> {
    this.#running.add(child);
    try {
      return await ended(child);
    } finally {
      this.#running.delete(child);
    }
  }

  /** Gives back timers and listeners. What still runs, because another command of its line failed to start, ends. */
  close(): void {
    for (const child of this.#running) killGroup(child, 'SIGKILL');
    for (const timer of this.#timers) clearTimeout(timer);
    this.#abort?.removeEventListener('abort', this.#onAbort);
  }

  #end(why: 'timeout' | 'abort'): void {
    if (this.#ending) return;
    this.#ending = why;
    for (const child of this.#running) killGroup(child, 'SIGTERM');
    this.#timers.push(
      setTimeout(() => {
        for (const child of this.#running) killGroup(child, 'SIGKILL');
      }, graceMs),
    );
  }
}

function ended(child: ChildProcess): Promise<ProcessEnd> {
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
