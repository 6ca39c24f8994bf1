import type { WorkerExit } from '@clawforce/pool-core';
import { constants } from 'node:os';

/** What is known about a container that has ended. */
export interface EndOfLife {
  readonly exitCode: number;
  /** The engine's flag: some process of the container was killed for memory, not necessarily the worker. */
  readonly oomKilled: boolean;
  /** It was a tool, and the worker went on; unknown where this pool did not hear of it, as before an adoption. */
  readonly toolOom: boolean | undefined;
  /** The engine's own error, for example when the program could not be started. */
  readonly error: string;
  /** The container was never started. */
  readonly neverStarted: boolean;
  /** Why this pool stopped it, when it did. */
  readonly stopReason: string | undefined;
  /** The connection to the engine broke while the worker ran. */
  readonly engineLost: boolean;
  /** The worker had as many processes as it may when it was last looked at. */
  readonly pidsAtLimit: boolean;
  readonly memoryBytes: number;
  readonly pids: number | undefined;
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

const size = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

function story(end: EndOfLife, signal: string | null): string {
  const ended = signal === null ? `ended with code ${end.exitCode}` : `ended with ${signal}`;
  if (end.neverStarted) return end.error === '' ? 'was never started' : `could not be started: ${end.error}`;
  if (end.stopReason !== undefined) return `stopped on request (${end.stopReason}), ${ended}`;
  if (end.oomKilled && signal === 'SIGKILL' && end.toolOom !== true) {
    const limit = `(limit ${size(end.memoryBytes)})`;
    return end.toolOom === false
      ? `the worker ran out of memory ${limit} and was killed by the kernel`
      : `killed by the kernel, as the worker ran out of memory ${limit}, or from outside after a tool of it had`;
  }
  const tool = end.oomKilled ? '; a tool of it had been killed for memory before' : '';
  const pids = end.pidsAtLimit ? `; it had reached its limit of ${end.pids ?? 0} processes` : '';
  if (end.engineLost) return `ended when the Docker engine went away, ${ended}${tool}${pids}`;
  // The engine writes 255 when it comes up again and finds the worker gone.
  if (end.exitCode === 255 && signal === null)
    return `was gone when the engine came back, ${ended}${tool}${pids}`;
  if (signal === 'SIGKILL') return `killed from outside of Clawforce${tool}${pids}`;
  if (end.error !== '') return `${ended}: ${end.error}${tool}${pids}`;
  return `${ended} by itself${tool}${pids}`;
}

/** Tells how a worker ended, in words. An exit code above 128 is a signal, as the init process passes it on. */
export function causeOfDeath(end: EndOfLife): WorkerExit {
  const signal = end.exitCode > 128 ? (SIGNALS.get(end.exitCode - 128) ?? null) : null;
  return {
    code: end.neverStarted || signal !== null ? null : end.exitCode,
    signal,
    reason: story(end, signal),
  };
}
