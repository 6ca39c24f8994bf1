import { BrokerError } from '../broker-error.js';

/** Gives the error for an upstream's refusal, by status alone: its text may carry anything and is not passed on. */
export function upstreamRefusal(status: number, retryAfter?: string | null): BrokerError {
  if (status === 429 || status === 529) {
    const seconds = readRetryAfter(retryAfter);
    return new BrokerError('UPSTREAM_RATE_LIMITED', 'The model provider asks to slow down.', {
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    });
  }
  if (status === 401 || status === 403) {
    return new BrokerError(
      'PROVIDER_MISCONFIGURED',
      `The model provider refused the credentials (HTTP ${status}). Check providers.<name>.api_key of this agent.`,
    );
  }
  if (status >= 300 && status < 400) {
    return new BrokerError(
      'PROVIDER_MISCONFIGURED',
      `The model provider redirects (HTTP ${status}), which is not followed. Check providers.<name>.api_base.`,
    );
  }
  if (status === 404) {
    return new BrokerError(
      'PROVIDER_MISCONFIGURED',
      'The model provider does not know this model or path (HTTP 404). Check agents.defaults.model and api_base.',
    );
  }
  if (status >= 500)
    return new BrokerError('UPSTREAM_UNREACHABLE', `The model provider failed (HTTP ${status}).`);
  return new BrokerError('UPSTREAM_REFUSED', `The model provider refused the request (HTTP ${status}).`);
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), as whole seconds of at most an hour. */
function readRetryAfter(value: string | null | undefined): number | undefined {
  if (!value) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(Math.ceil(seconds), 3600) : undefined;
}
