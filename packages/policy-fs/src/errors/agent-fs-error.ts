import { createDecision, PolicyDeniedError, type Decision } from '@clawforce/policy-core';
import { ERROR_TABLE, type AgentFSErrorCode } from './error-codes.js';

const brand = Symbol.for('@clawforce/policy-fs/AgentFSError');

/** What may differ from the error table in one error. */
export interface AgentFSErrorDetails {
  /** Replaces the reason of the table. */
  readonly reason?: string;
  /** Replaces the hint of the table. */
  readonly hint?: string;
  /** Replaces the rule of the table by a more exact one. */
  readonly rule?: string;
  /** The path as it was asked for. */
  readonly input?: string;
  /** Identifies the policy that judged. */
  readonly policyDigest?: string;
  readonly cause?: unknown;
}

/**
 * What every method of {@link AgentFS} throws. `code` is one of a closed list, the message is reason and hint in one
 * line for a model; `decision.effect` is `allow` when policy admitted and the operation failed.
 */
export class AgentFSError extends PolicyDeniedError {
  override readonly name = 'AgentFSError';
  declare readonly code: AgentFSErrorCode;

  constructor(code: AgentFSErrorCode, details: AgentFSErrorDetails = {}) {
    const entry = ERROR_TABLE[code];
    const decision = createDecision({
      effect: entry.effect,
      layer: layerOf(details.rule ?? entry.rule),
      rule: details.rule ?? entry.rule,
      reason: details.reason ?? entry.reason,
      hint: details.hint ?? entry.hint,
      input: details.input ?? '',
      policyDigest: details.policyDigest ?? '',
    });
    super(code, decision, {
      message: `${decision.reason} ${decision.hint}`,
      ...('cause' in details ? { cause: details.cause } : {}),
    });
    Object.defineProperty(this, brand, { value: true });
  }

  /** Gives the same error with the path and the policy that it belongs to. */
  placed(input: string, policyDigest: string): AgentFSError {
    if (this.decision.input !== '') return this;
    const { reason, hint, rule } = this.decision;
    return new AgentFSError(this.code, {
      reason,
      ...(hint === undefined ? {} : { hint }),
      rule,
      input,
      policyDigest,
      cause: this.cause,
    });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}

/** The layer is the second part of a rule id: `fs.zone.hidden` belongs to `zone`. */
export function layerOf(rule: string): Decision['layer'] {
  return rule.split('.')[1] ?? 'fs';
}
