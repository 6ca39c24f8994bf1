import { PolicyDeniedError, type Decision } from '@clawforce/policy-core';
import { BrokerError } from '@clawforce/protocol/broker-client';

/** What became of a tool call. */
export interface ToolOutcome {
  readonly status: 'ok' | 'error' | 'denied' | 'cancelled';
  /** What the model reads. */
  readonly output: string;
  /** A refusal that only the attempt could find: a link that leads out, an address behind a name. */
  readonly decision?: Decision;
}

/** Gives a refusal in the words that the model gets: rule, reason, and what would be accepted. */
export function explainDenial(decision: Decision): string {
  const lines = [`Denied by rule ${decision.rule}: ${decision.reason}`];
  if (decision.hint !== undefined) lines.push(`What would be accepted: ${decision.hint}`);
  return lines.join('\n');
}

/** An argument that the schema admits and the tool cannot use. The message is for the model. */
export class ToolArgumentError extends Error {
  override readonly name = 'ToolArgumentError';
  readonly code = 'INVALID_ARGUMENT';

  constructor(argument: string, what: string) {
    super(`The argument "${argument}" ${what}`);
  }
}

/** Gives the outcome that an error of a tool stands for. */
export function outcomeOfError(error: unknown, signal: AbortSignal): ToolOutcome {
  if (error instanceof PolicyDeniedError) {
    const { code, decision } = error;
    return decision.effect === 'allow'
      ? { status: 'error', output: `Error ${code}: ${error.message}` }
      : { status: 'denied', output: explainDenial(decision), decision };
  }
  if (signal.aborted) return { status: 'cancelled', output: 'The call was cancelled.' };
  if (error instanceof BrokerError) {
    const { decision } = error;
    return decision && decision.effect !== 'allow'
      ? { status: 'denied', output: explainDenial(decision), decision }
      : { status: 'error', output: `Error ${error.brokerCode ?? error.code}: ${error.message}` };
  }
  if (error instanceof ToolArgumentError) {
    return { status: 'error', output: `Error ${error.code}: ${error.message}` };
  }
  // Texts of unknown errors may name paths of the host.
  return { status: 'error', output: 'Error TOOL_FAILED: the tool failed; the worker log has the details.' };
}
