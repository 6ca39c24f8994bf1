import type { AgentFS } from '@clawforce/policy-fs';
import type { CommandPlan } from '@clawforce/policy-shell';
import type { Confiner } from '@clawforce/policy-shell/run';
import type { WorkerConfig } from '@clawforce/protocol';
import type { BrokerClient } from '@clawforce/protocol/broker-client';
import { ToolArgumentError, type ToolOutcome } from './tool-outcome.js';

/** What a tool may use. */
export interface ToolContext {
  readonly fs: AgentFS;
  readonly broker: BrokerClient;
  readonly config: WorkerConfig;
  /** Confines commands; `undefined` only where the gate has refused every command. */
  readonly confiner: Confiner | undefined;
  /** The socket of the egress proxy; `undefined` where the worker has none. */
  readonly egressSocket: string | undefined;
  /** Aborted when the turn is cancelled. */
  readonly signal: AbortSignal;
  /** The plan that the gate gave for `exec`. */
  readonly plan?: CommandPlan;
  /** Sends a message to the present conversation. */
  readonly say: (text: string) => Promise<void>;
}

/** Carries out one call that the gate has allowed. What it throws becomes the outcome of the call. */
export type ToolRunner = (
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
) => Promise<ToolOutcome>;

/** Gives a string argument that the schema has admitted. @throws ToolArgumentError when no file could hold it. */
export function text(args: Readonly<Record<string, unknown>>, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw new TypeError(`argument "${name}" is no string`);
  // A lone surrogate; JSON can carry one, UTF-8 cannot.
  if (/\p{Surrogate}/u.test(value))
    throw new ToolArgumentError(
      name,
      'is no well-formed text: it has half a character (lone surrogate). Send whole characters.',
    );
  return value;
}

/** Gives an optional whole number that the schema has admitted. */
export function integer(args: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = args[name];
  return typeof value === 'number' ? value : undefined;
}
