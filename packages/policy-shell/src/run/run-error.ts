import { createDecision, PolicyDeniedError } from '@clawforce/policy-core';
import { shellRules } from '../rules/catalogue.js';

/** Every code of {@link RunError}. */
export const runErrorCodes = ['CONFINER_UNAVAILABLE', 'NETWORK_UNSUPPORTED', 'START_FAILED'] as const;

/** Why a command was not run. */
export type RunErrorCode = (typeof runErrorCodes)[number];

/**
 * A command that was allowed and still not run: no working confiner, a network mode it cannot give, or a process that
 * did not start. `decision.rule` is `shell.confiner.unavailable` for the first.
 */
export class RunError extends PolicyDeniedError {
  override readonly name = 'RunError';
  declare readonly code: RunErrorCode;

  constructor(code: RunErrorCode, message: string, options?: { cause?: unknown }) {
    const { layer, effect, hint } = shellRules['shell.confiner.unavailable'];
    const decision = createDecision(
      code === 'START_FAILED'
        ? {
            effect: 'allow',
            layer: 'policy',
            rule: 'shell.allow',
            reason: message,
            input: '',
            policyDigest: '',
          }
        : {
            effect,
            layer,
            rule: 'shell.confiner.unavailable',
            reason: message,
            ...(hint === undefined ? {} : { hint }),
            input: '',
            policyDigest: '',
          },
    );
    super(code, decision, options && 'cause' in options ? { message, cause: options.cause } : { message });
  }
}

/** Gives what an error says, as a part of a sentence. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown error';
}
