import { AgentFSError } from './agent-fs-error.js';
import type { AgentFSErrorCode } from './error-codes.js';

const CODES: Readonly<Record<string, AgentFSErrorCode>> = Object.assign(Object.create(null) as object, {
  ENOENT: 'NOT_FOUND',
  EEXIST: 'EXISTS',
  ENOTEMPTY: 'EXISTS',
  EISDIR: 'IS_A_DIRECTORY',
  ENOTDIR: 'NOT_A_DIRECTORY',
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
  EROFS: 'READ_ONLY',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EFBIG: 'TOO_LARGE',
  ENAMETOOLONG: 'NAME_TOO_LONG',
  EXDEV: 'CROSS_MOUNT',
  // A name that something is mounted on can be neither removed nor renamed.
  EBUSY: 'CROSS_MOUNT',
  ELOOP: 'RACE',
  ENXIO: 'SPECIAL_FILE',
} satisfies Record<string, AgentFSErrorCode>);

/** Gives the errno name of a system error, or `undefined` for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return error instanceof Error && typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Gives any failure as an {@link AgentFSError}; a system error keeps its details in `cause` only. */
export function toAgentFSError(error: unknown): AgentFSError {
  if (error instanceof AgentFSError) return error;
  const errno = errnoOf(error);
  return new AgentFSError((errno === undefined ? undefined : CODES[errno]) ?? 'IO', { cause: error });
}
