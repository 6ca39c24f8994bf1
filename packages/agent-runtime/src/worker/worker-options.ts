import type { Confiner } from '@clawforce/policy-shell/run';
import type { LinkConnection, LinkEnd, LinkTiming } from '@clawforce/protocol/link-client';
import type { GatedTool } from '../gate/create-gate.js';
import type { ToolRunner } from '../tools/tool-context.js';
import type { ModelRetry } from '../turn/model-call.js';

/** A tool that an embedder adds: its definition, its policy, and what carries it out. */
export interface WorkerTool extends GatedTool {
  /** Called only with arguments that the gate has allowed. */
  readonly run: ToolRunner;
}

/** One line for the log of a worker. */
export interface WorkerLogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly cause?: unknown;
}

/** What {@link createWorker} takes. */
export interface WorkerOptions {
  /** The socket directory of the agent, or the control plane's URL with an agent token. */
  readonly connection: LinkConnection;
  /** Absolute path of the agent directory with `workspace/`, `profiles/` and `.state/`. */
  readonly agentRoot: string;
  /** From `createConfiner`; or why there is none, and then `exec` is refused after the policy verdict. */
  readonly confiner: Confiner | { readonly unavailable: string };
  /** Tools beside the built-in ones; all pass the same gate. */
  readonly tools?: readonly WorkerTool[];
  /** Name and version that the control plane sees. */
  readonly software?: { readonly name: string; readonly version: string };
  /** Admits hosts where the file layer detects instead of preventing (macOS). Default false. */
  readonly allowDetectOnly?: boolean;
  readonly onLog?: (entry: WorkerLogEntry) => void;
  /** Times of the link in milliseconds; for tests. */
  readonly timing?: Partial<LinkTiming>;
  /** How a failing model call is repeated. */
  readonly modelRetry?: ModelRetry;
}

/** Why a worker ended: {@link LinkEnd}, or `stopped` by a command, or `signal` when the caller aborted. */
export interface WorkerEnd {
  readonly reason: LinkEnd['reason'] | 'stopped' | 'signal';
  readonly message: string;
}

/** A worker that executes one agent. */
export interface Worker {
  /**
   * Connects, works, and resolves when the worker has ended. Aborting `signal` ends it gracefully. Runs once.
   * @throws Error when the agent directory cannot be opened.
   */
  run(signal?: AbortSignal): Promise<WorkerEnd>;
}
