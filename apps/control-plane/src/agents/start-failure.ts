import { PoolError, type PoolErrorCode } from '@clawforce/pool-core';
import { ApiError, type ApiErrorCode } from '../errors/api-error.js';

const API_CODES: Partial<Record<PoolErrorCode, ApiErrorCode>> = {
  LEVEL_UNSUPPORTED: 'LEVEL_UNSUPPORTED',
  LEVEL_ABOVE_CEILING: 'LEVEL_EXCEEDS_MAXIMUM',
  OVERRIDE_LOOSENS: 'CONFIG_INVALID',
  OVERRIDE_INVALID: 'CONFIG_INVALID',
  BACKEND_UNAVAILABLE: 'BACKEND_UNAVAILABLE',
  IMAGE_MISSING: 'BACKEND_UNAVAILABLE',
};

/** What only an operator can cure; anything else may be better at the next attempt. */
const FINAL: readonly ApiErrorCode[] = [
  'LEVEL_UNSUPPORTED',
  'LEVEL_EXCEEDS_MAXIMUM',
  'CONFIG_INVALID',
  'VALIDATION_FAILED',
  'BACKEND_MISMATCH',
  'NOT_FOUND',
];

/** Gives what the API answers when a worker could not be started. The text of an unknown error stays in the log. */
export function startFailure(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof PoolError) {
    return new ApiError(API_CODES[error.code] ?? 'START_FAILED', error.message, {
      ...(error.fix ? { fix: error.fix } : {}),
      cause: error,
    });
  }
  return new ApiError('START_FAILED', 'The worker could not be started; the server log has the details.', {
    cause: error,
  });
}

/** Whether another attempt may end better than the one that failed so. */
export function canRetry({ code, cause }: ApiError): boolean {
  return !FINAL.includes(code) && !(cause instanceof PoolError && cause.code === 'SPEC_INVALID');
}
