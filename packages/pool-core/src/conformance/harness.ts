import type { AgentPool, WorkerSpec } from '../agent-pool.js';
import type { IsolationLevel } from '../isolation-level.js';
import type { Tightening } from '../level-override.js';

/** What the conformance worker does: see {@link conformanceWorkerSource}. */
export type ConformanceBehaviour =
  'idle' | 'stubborn' | 'family' | 'stubborn-family' | 'crash' | 'chatty' | 'environment';

/** What a case wants of one specification. */
export interface ConformanceSpecRequest {
  readonly agentId: string;
  readonly generation: number;
  readonly behaviour: ConformanceBehaviour;
  readonly level?: IsolationLevel;
  readonly tightening?: Tightening;
}

/** A fresh pool with what is needed to start conformance workers in it; every case makes and disposes its own. */
export interface ConformanceHarness {
  /** Started with the script {@link conformanceWorkerSource} as its worker. */
  readonly pool: AgentPool;
  /**
   * Gives a specification whose directories exist (with `workspace/` writable by the worker) and whose environment
   * has `CONFORMANCE_BEHAVIOUR` and `AGENT_ROOT` as the worker sees it.
   */
  readonly spec: (request: ConformanceSpecRequest) => Promise<WorkerSpec>;
  /** Ends everything, also after a failed case. */
  readonly dispose: () => Promise<void>;
}

/** The two matchers the cases use; those of vitest, jest and most others fit. */
export interface ConformanceExpectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
}

/** What the caller's test runner and host give to the suite. */
export interface ConformanceOptions {
  /** Declares one test, for example vitest's `test`. */
  readonly test: (title: string, body: () => Promise<void>) => void;
  /** For example vitest's `expect`. */
  readonly expect: (actual: unknown, message?: string) => ConformanceExpectation;
  /** The level that every pool can start. Default `permissive`. */
  readonly level?: IsolationLevel;
  /** Environment of the control plane's process: none of its variables may reach a worker. */
  readonly parentEnvironment: Readonly<Record<string, string | undefined>>;
  /** Variables that the engine adds by itself. Default `PATH`, `HOME`, `LANG`. */
  readonly engineVariables?: readonly string[];
  /** Longest time that an escalated stop may take beyond its grace, in milliseconds. Default 1000. */
  readonly killMarginMs?: number;
  /** Takes the sentences about what the pool enforces and what it does not, for the reader of the test run. */
  readonly report?: (sentence: string) => void;
}
