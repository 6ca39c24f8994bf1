import type { IsolationLevel } from '@clawforce/pool-core';
import type { DrillRow } from './drill-report.js';

/** What a program has to know of the worker that runs it. */
export interface ProgramFacts {
  /** The worker's process, as the engine found it; `undefined` where it is not to be found. */
  readonly workerPid: number | undefined;
  /** Program that makes one raw system call; `undefined` where the worker's image has none. */
  readonly probe: string | undefined;
  /** The worker's socket directory, as the worker sees it. */
  readonly socketDir: string;
  /** Whether anything keeps commands off this host: a container, or a confiner that works. */
  readonly confined: boolean;
}

/** Where the control plane finds what a worker has, on the control plane's host. */
export interface OutsidePlaces {
  readonly agentRoot: string;
  readonly socketDir: string;
}

/** How a program ends: what it tried has succeeded, was refused, or could not be tried at all. */
export const PROGRAM_EXITS = { succeeded: 0, held: 42, notTried: 43 } as const;

/** An attempt by a tool call: what a hijacked model would ask for, or a program that it would have run. */
export interface ToolCase {
  readonly id: string;
  readonly group: string;
  readonly action: string;
  readonly layer: 'command' | 'policy';
  readonly expect: Readonly<Record<IsolationLevel, DrillRow['expected']>>;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Whether the action is known to succeed where nothing holds it. */
  readonly control: boolean;
  /** Whether it damages the host where it succeeds and nothing confines commands; there it is told as not run. */
  readonly harmsHost?: boolean;
  /** Program that is put into the workspace first; it ends as {@link PROGRAM_EXITS} says, any other end is a fault. */
  readonly program?: (facts: ProgramFacts) => string;
  /** Looks from outside whether what the program tried has happened, whatever it says itself. */
  readonly happened?: (places: OutsidePlaces) => Promise<boolean>;
}

const everywhere = (expected: DrillRow['expected']): ToolCase['expect'] => ({
  permissive: expected,
  sandboxed: expected,
  privileged: expected,
});

/** What holds at every level. */
export const BLOCKED = everywhere('blocked');
/** What has to work at every level, or a `blocked` beside it proves nothing. */
export const ALLOWED = everywhere('allowed');
/** What only the level where commands may become root gives. */
export const BLOCKED_BELOW_PRIVILEGED: ToolCase['expect'] = { ...BLOCKED, privileged: 'any' };
