import { PoolError } from '@clawforce/pool-core';
import { ApiError } from '../errors/api-error.js';

/** Gives what the API answers when a worker could not be started. The text of an unknown error stays in the log. */
export function startFailure(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof PoolError) {
    const code =
      error.code === 'LEVEL_UNSUPPORTED' || error.code === 'BACKEND_UNAVAILABLE'
        ? error.code
        : 'START_FAILED';
    return new ApiError(code, error.message, { ...(error.fix ? { fix: error.fix } : {}), cause: error });
  }
  return new ApiError('START_FAILED', 'The worker could not be started; the server log has the details.', {
    cause: error,
  });
}
