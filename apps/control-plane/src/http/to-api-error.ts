import { AccessDeniedError } from '@clawforce/auth-rbac/express';
import { AgentFSError } from '@clawforce/policy-fs';
import { PolicyDeniedError } from '@clawforce/policy-core';
import { API_ERRORS, ApiError, type ApiErrorCode } from '../errors/api-error.js';
import { NotConnectedError } from '../hub/link-hub.js';
import { CommandInterruptedError } from '../hub/pending-commands.js';
import { StorageError } from '../storage/storage-error.js';

const FILE_CODES: Readonly<Record<string, ApiErrorCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  EXISTS: 'CONFLICT',
  IS_A_DIRECTORY: 'CONFLICT',
  NOT_A_DIRECTORY: 'CONFLICT',
  STALE: 'PRECONDITION_FAILED',
  TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  BINARY: 'BINARY_FILE',
  QUOTA: 'NO_SPACE',
  NO_SPACE: 'NO_SPACE',
  IO: 'INTERNAL',
  CLOSED: 'INTERNAL',
};

const STORAGE_CODES: Readonly<Partial<Record<StorageError['code'], ApiErrorCode>>> = {
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  STALE: 'PRECONDITION_FAILED',
  TRANSITION: 'CONFLICT',
  CURSOR_INVALID: 'CURSOR_INVALID',
  BUSY: 'OVERLOADED',
};

/**
 * Gives any failure as an {@link ApiError}. What is not known becomes INTERNAL with a constant sentence: an inner
 * message may name a path, a query or a secret.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof AccessDeniedError) {
    // The same words for an object that is not there and for one that the caller may not know of.
    return error.code === 'NOT_FOUND'
      ? new ApiError('NOT_FOUND', 'There is no such agent.')
      : new ApiError('FORBIDDEN', error.decision.reason, { cause: error });
  }
  if (error instanceof AgentFSError) {
    const code = FILE_CODES[error.code] ?? 'FILE_REFUSED';
    const { reason, hint } = error.decision;
    return new ApiError(code, code === 'INTERNAL' ? 'The file could not be read or written.' : reason, {
      ...(hint ? { fix: hint } : {}),
      cause: error,
    });
  }
  if (error instanceof PolicyDeniedError) {
    const { reason, hint } = error.decision;
    return new ApiError('POLICY_DENIED', reason, { ...(hint ? { fix: hint } : {}), cause: error });
  }
  if (error instanceof StorageError) {
    const code = STORAGE_CODES[error.code] ?? 'INTERNAL';
    return new ApiError(code, code === 'INTERNAL' ? 'The database refused.' : error.message, {
      cause: error,
    });
  }
  if (error instanceof NotConnectedError) {
    return new ApiError('AGENT_NOT_RUNNING', error.message, {
      fix: 'Start the agent and wait until it is running.',
      cause: error,
    });
  }
  if (error instanceof CommandInterruptedError)
    return new ApiError('INTERRUPTED', error.message, { cause: error });
  return (
    fromForeign(error) ??
    new ApiError('INTERNAL', 'The server failed on this request; its log has the details.', { cause: error })
  );
}

function fromForeign(error: unknown): ApiError | undefined {
  const { name, code, pointer, type, status, message, retryAfterSeconds } = (error ?? {}) as Record<
    string,
    unknown
  >;
  const text = typeof message === 'string' ? message : '';
  if (name === 'PlaceholderError') {
    const at = typeof pointer === 'string' ? pointer : '';
    return new ApiError('PLACEHOLDER_INVALID', `A secret's placeholder cannot be used at "${at}".`, {
      issues: [
        {
          pointer: at,
          message: `${String(code)}: give the secret itself, keep its own placeholder, or leave the key out.`,
        },
      ],
      cause: error,
    });
  }
  if (name === 'AuthError' && typeof code === 'string' && Object.hasOwn(API_ERRORS, code)) {
    return new ApiError(code as ApiErrorCode, text, {
      ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
      cause: error,
    });
  }
  // body-parser's errors carry a type; their message repeats the body.
  if (type === 'entity.parse.failed') return new ApiError('JSON_INVALID', 'The body is not valid JSON.');
  if (type === 'entity.too.large')
    return new ApiError('PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.');
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new ApiError('UNSUPPORTED_MEDIA_TYPE', 'The encoding of the body is not supported; send UTF-8.');
  }
  if (typeof type === 'string' && typeof status === 'number' && status >= 400 && status < 500) {
    return new ApiError('BAD_REQUEST', 'The request could not be read.', { cause: error });
  }
  if (error instanceof URIError) return new ApiError('BAD_REQUEST', 'The path is not properly encoded.');
  return undefined;
}
