import type { IsolationLevel } from '../isolation-level.js';
import type { Tightening } from '../level-override.js';

/** What an action should come to: `any` is told but not judged, as it depends on the engine or the surroundings. */
export type Expectation = 'blocked' | 'allowed' | 'any';

/** Values that a case is filled in with, from the worker under test. */
export interface DrillFacts {
  readonly level: IsolationLevel;
  /** What the worker asks beyond its level. Default: nothing. */
  readonly tightening?: Tightening;
  readonly memoryBytes: number;
  /** CPUs it may use. */
  readonly cpus: number;
  /** `undefined` where it has no limit of its own. */
  readonly pids: number | undefined;
  /** Size and files of the in-memory `/tmp` of `sandboxed`. */
  readonly tmpBytes: number;
  readonly tmpInodes: number;
  /** Path of the probe for raw system calls inside the worker. */
  readonly probe: string;
  /** Directory of another agent on the host, holding a file `secret`. */
  readonly neighbourDir?: string;
  /** Socket directory of another agent on the host. */
  readonly neighbourSocketDir?: string;
  /** A port on which this host listens on every address. */
  readonly hostPort?: number;
  /** A port on which this host listens on 127.0.0.1 only. */
  readonly loopbackPort?: number;
  /** Another worker with a network, listening on a port. */
  readonly neighbour?: { readonly address: string; readonly port: number };
}

/** The part of {@link DrillFacts} that a case cannot do without. */
export type DrillNeed = 'neighbourDir' | 'neighbourSocketDir' | 'hostPort' | 'loopbackPort' | 'neighbour';

/** One action that an attacker (or an honest tool) would try inside a worker, and what should come of it. */
export interface DrillCase {
  /** Stable, for example `mnt-tmpfs`. */
  readonly id: string;
  /** What is tried, for a person. */
  readonly action: string;
  readonly group:
    | 'files'
    | 'mounts'
    | 'namespaces'
    | 'system'
    | 'network'
    | 'control'
    | 'processes'
    | 'privileges'
    | 'resources';
  readonly expect: Readonly<Record<IsolationLevel, Expectation>>;
  /** Exit code 0 means that the action succeeded. */
  readonly command: (facts: DrillFacts) => readonly string[];
  readonly needs?: readonly DrillNeed[];
  /** The tightening, or limit, that makes the case come to what it does at `sandboxed`, whatever the level. */
  readonly tightenedBy?: keyof Tightening | 'pids';
  /**
   * Whether the action was seen to succeed somewhere, by the tests of this repository: only then does `blocked` prove
   * something by itself.
   */
  readonly control: boolean;
}

/** Gives what a case should come to in the worker under test. */
export function expectedOf(
  { expect, tightenedBy }: Pick<DrillCase, 'expect' | 'tightenedBy'>,
  { level, tightening, pids }: Pick<DrillFacts, 'level' | 'tightening' | 'pids'>,
): Expectation {
  const asked = { ...tightening, pids };
  return expect[tightenedBy !== undefined && asked[tightenedBy] !== undefined ? 'sandboxed' : level];
}

/** Expectations in the order permissive, sandboxed, privileged: `b`locked, `a`llowed, `?` any. */
export type ExpectationCode = `${'b' | 'a' | '?'}${'b' | 'a' | '?'}${'b' | 'a' | '?'}`;

const MEANING: Readonly<Record<string, Expectation>> = { b: 'blocked', a: 'allowed', '?': 'any' };

/** Spells an {@link ExpectationCode} out. */
export function expectations(code: ExpectationCode): DrillCase['expect'] {
  const at = (index: number): Expectation => MEANING[code.charAt(index)] ?? 'blocked';
  return { permissive: at(0), sandboxed: at(1), privileged: at(2) };
}

/** A shell script as a command. */
export const shell = (script: string): readonly string[] => ['sh', '-c', script];

/** How a case's program ends that fails by itself: that is a mistake of the drill, never a refusal. */
export const PROGRAM_FAILED = 99;

/** What the system refuses has the name of a system call with it; anything else that is thrown is a mistake. */
const GUARD = `process.on('uncaughtException',e=>{console.error(String(e));process.exit(e&&e.syscall?1:${PROGRAM_FAILED})});`;

/** A program for Node as a command. */
export const node = (program: string): readonly string[] => ['node', '-e', `${GUARD}${program}`];
