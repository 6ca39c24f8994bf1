import type { Decision } from '@clawforce/policy-core';
import { object, reader, text } from '../../link/validate/compile.js';
import { decision } from '../../link/validate/schemas.js';
import type { BrokerErrorBody } from '../contract.js';
import { BrokerError, type BrokerErrorCode } from './broker-error.js';

const readDecision = reader<Decision>(decision);
const readBody = reader<BrokerErrorBody>(
  object({
    error: object(
      { message: text(8_192), type: text(100), code: text(100, 1) },
      { decision: {}, retry_after_s: { type: 'number', minimum: 0, maximum: 86_400 } },
    ),
  }),
);

const codeOfType: ReadonlyMap<string, BrokerErrorCode> = new Map([
  ['policy_denied', 'BROKER_DENIED'],
  ['invalid_request', 'BROKER_REQUEST_REFUSED'],
  ['authentication', 'BROKER_UNAUTHENTICATED'],
  ['rate_limited', 'BROKER_RATE_LIMITED'],
  ['upstream', 'BROKER_UPSTREAM'],
  ['timeout', 'BROKER_TIMEOUT'],
  ['internal', 'BROKER_INTERNAL'],
]);

/** Gives the error that a body in the broker's error shape stands for, or `undefined` when it has another shape. */
export function brokerErrorOf(raw: unknown): BrokerError | undefined {
  const body = readBody(raw);
  if (!body) return undefined;
  const { message, type, code, retry_after_s: seconds } = body.error;
  const verdict = readDecision(body.error.decision);
  return new BrokerError(codeOfType.get(type) ?? 'BROKER_INTERNAL', message, {
    brokerCode: code,
    retryAfterMs: seconds === undefined ? undefined : seconds * 1_000,
    decision: verdict,
  });
}

/** Gives the error for an HTTP status whose body says nothing useful. */
export function brokerErrorOfStatus(status: number): BrokerError {
  const code: BrokerErrorCode =
    status === 401
      ? 'BROKER_UNAUTHENTICATED'
      : status === 403
        ? 'BROKER_DENIED'
        : status === 429
          ? 'BROKER_RATE_LIMITED'
          : status >= 500
            ? 'BROKER_UPSTREAM'
            : status >= 400
              ? 'BROKER_REQUEST_REFUSED'
              : 'BROKER_NONSENSE';
  return new BrokerError(code, `The broker answered with status ${status} and no explanation.`);
}
