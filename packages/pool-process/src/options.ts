import { isAbsolute } from 'node:path';
import type { LogLine, WorkerRef } from '@clawforce/pool-core';

/** Where the caller keeps the output of one worker, besides the pool's own ring. */
export interface LogSink {
  /** Takes one line. A throw ends the sink, never the worker. */
  write(line: LogLine): void;
  /** Fulfilled when what was written so far is kept. With it no line is lost when this process is killed. */
  flushed?(): Promise<void>;
  /** Gives the last lines that were kept under an earlier control plane, so that readers of an adopted worker see them. */
  kept?(): Promise<readonly LogLine[]>;
  /** The worker and its whole tree have ended. */
  end(): void;
}

/** What {@link ProcessPool} takes. */
export interface ProcessPoolOptions {
  /** The worker as an argument vector, for example `[process.execPath, '/opt/worker/main.js']`; no shell. */
  readonly command: readonly string[];
  /** Names this installation: only orphans of the same owner are adopted. */
  readonly ownerId: string;
  /** Directory of records and output, outside of every agent's reach. Without it workers die of their broken output. */
  readonly stateDir?: string;
  /** `production` makes the constructor refuse. Default `development`. */
  readonly env?: 'development' | 'production';
  /** Opens a sink for each worker, for example a rotating file. */
  readonly openLog?: (ref: WorkerRef) => LogSink;
  /** Bytes of output kept in memory per worker. Default 1 MiB. */
  readonly logBytes?: number;
  /** `PATH` of the workers. Default: the directory of this Node, then the system directories. */
  readonly path?: string;
  /** How often the pool looks for processes that leave their group, in milliseconds. Default 2000. */
  readonly watchIntervalMs?: number;
  /** Grace of {@link ProcessPool.close}, in milliseconds. Default 5000. */
  readonly closeGraceMs?: number;
}

const OWNER = /^[A-Za-z0-9._-]{1,64}$/;

function positive(value: number | undefined, name: string, fallback: number, min: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new TypeError(`${name}: expected an integer of at least ${min}`);
  }
  return value;
}

function isArgumentVector(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value[0] === '') return false;
  return value.every((part) => typeof part === 'string' && !part.includes('\0'));
}

/** Gives the options with their defaults. @throws TypeError naming the first bad or missing option. */
export function checkOptions(options: ProcessPoolOptions) {
  const { command, ownerId, stateDir, env = 'development', openLog, path } = options;
  if (!isArgumentVector(command)) {
    throw new TypeError('command: expected an argument vector such as [process.execPath, "/path/main.js"]');
  }
  if (typeof ownerId !== 'string' || !OWNER.test(ownerId)) {
    throw new TypeError('ownerId: expected 1 to 64 letters, digits, dots, dashes or underscores');
  }
  if (stateDir !== undefined && (typeof stateDir !== 'string' || !isAbsolute(stateDir))) {
    throw new TypeError('stateDir: expected an absolute path');
  }
  if ((env as string) !== 'development' && (env as string) !== 'production') {
    throw new TypeError('env: expected development or production');
  }
  if (openLog !== undefined && typeof openLog !== 'function') {
    throw new TypeError('openLog: expected a function');
  }
  if (path !== undefined && typeof path !== 'string') throw new TypeError('path: expected a text');
  return {
    command: [...command],
    ownerId,
    stateDir,
    env,
    openLog,
    path,
    logBytes: positive(options.logBytes, 'logBytes', 1024 * 1024, 1024),
    watchIntervalMs: positive(options.watchIntervalMs, 'watchIntervalMs', 2_000, 50),
    closeGraceMs: positive(options.closeGraceMs, 'closeGraceMs', 5_000, 0),
  };
}

/** {@link ProcessPoolOptions} after the check, with every default filled in. */
export type CheckedOptions = ReturnType<typeof checkOptions>;
