import { AgentFSError } from '@clawforce/policy-fs';
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
  if (isFull(error)) {
    return new ApiError('NO_SPACE', 'The worker could not be started, because the disk is full.', {
      fix: 'Free space or inodes on the file systems of ADMIN_STORAGE_ROOT and AGENT_RUNTIME_DIR.',
      cause: error,
    });
  }
  return new ApiError('START_FAILED', 'The worker could not be started; the server log has the details.', {
    cause: error,
  });
}

/** Gives the sentences that the status of a failed agent has: what went wrong, and the fix. */
export function failureReason({ message, fix }: ApiError): string {
  return [message, fix ?? '']
    .filter((text) => text !== '')
    .map(asSentence)
    .join(' ');
}

/** Whether another attempt may end better than the one that failed so. */
export function canRetry({ code, cause }: ApiError): boolean {
  return !FINAL.includes(code) && !(cause instanceof PoolError && cause.code === 'SPEC_INVALID');
}

function isFull(error: unknown): boolean {
  if (error instanceof AgentFSError) return error.code === 'NO_SPACE';
  return ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException | undefined)?.code));
}

/** The packages speak in parts of sentences. One that begins with the name of a key keeps it as it is written. */
function asSentence(text: string): string {
  const start = /^\S+:(?:\s|$)/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${start}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
