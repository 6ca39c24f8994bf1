import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { PoolError } from '@clawforce/pool-core';
import type { LogLine, WorkerSpec } from '@clawforce/pool-core';
import { cleanEnvironment } from './clean-environment.js';
import type { CheckedOptions } from './options.js';
import { identify, identifyNow } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { spoolPath } from './worker-record.js';

/** How a process ended; both `null` when nobody could tell. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The first process of a worker, whether this process or an earlier one is its parent. */
export interface WorkerChild {
  readonly pid: number | undefined;
  /** Known as soon as the host tells it. */
  readonly identity: ProcessIdentity | undefined;
  /** Waits until the program runs. @throws PoolError `START_FAILED` */
  spawned(): Promise<void>;
  /** Whether it has ended, as far as is known now. */
  hasExited(): boolean;
  /** Fulfilled when it has ended. */
  readonly exited: Promise<ChildExit>;
  /** Its output where that is no file. */
  readonly streams: Readonly<Record<LogLine['stream'], Readable | null>>;
}

/**
 * Starts a worker: a session and process group of its own, no terminal, no descriptor of the control plane. With a
 * `stateDir` its output goes to files, so that it does not depend on this process; else to pipes.
 */
export function spawnChild(spec: WorkerSpec, options: CheckedOptions): WorkerChild {
  const { stateDir } = options;
  const [program = '', ...args] = options.command;
  const files = stateDir === undefined ? [] : openSpools(stateDir, spec);
  const [stdout = 'pipe', stderr = 'pipe'] = files;
  try {
    const child = spawn(program, args, {
      cwd: spec.agentRoot,
      env: cleanEnvironment(spec, options.path),
      detached: true,
      stdio: ['ignore', stdout, stderr],
      shell: false,
      ...(spec.user && process.getuid?.() === 0 ? spec.user : {}),
    });
    // Read before the next tick, while Node cannot have reaped the child.
    const linux = child.pid !== undefined && process.platform === 'linux';
    let identity = linux ? identifyNow(child.pid) : undefined;
    return {
      pid: child.pid,
      get identity() {
        return identity;
      },
      async spawned() {
        try {
          await once(child, 'spawn');
        } catch (cause) {
          const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
          throw new PoolError('START_FAILED', `the worker program could not be started: ${code}`, {
            cause,
            fix: 'check that the first word of `command` is an executable file and that agentRoot may be entered',
          });
        }
        // From here on a failed signal must not become an uncaught error.
        child.on('error', () => undefined);
        if (child.pid !== undefined) identity ??= await identify(child.pid);
      },
      hasExited: () => child.exitCode !== null || child.signalCode !== null,
      exited: new Promise((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
      }),
      streams: { stdout: child.stdout, stderr: child.stderr },
    };
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** Appending, each write lands behind the one before, whatever other descriptors of the file there are. */
function openSpools(stateDir: string, spec: WorkerSpec): number[] {
  return (['stdout', 'stderr'] as const).map((stream) => {
    const path = spoolPath(stateDir, spec, stream);
    // A start of this generation may have failed before; what a worker holds is never this name.
    rmSync(path, { force: true });
    return openSync(path, 'ax', 0o600);
  });
}
