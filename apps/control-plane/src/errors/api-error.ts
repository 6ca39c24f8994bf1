import { AUTH_ERRORS, type AuthErrorCode } from '@clawforce/auth-rbac/tokens';

const authStatuses = Object.fromEntries(
  Object.entries(AUTH_ERRORS).map(([code, { status }]) => [code, status]),
) as Readonly<Record<AuthErrorCode, number>>;

/** Every code that API and CLI answer with, and its HTTP status. The reference page lists them; a test compares. */
export const API_ERRORS = Object.freeze({
  ...authStatuses,
  BAD_REQUEST: 400,
  JSON_INVALID: 400,
  VALIDATION_FAILED: 400,
  CONFIG_INVALID: 400,
  CURSOR_INVALID: 400,
  PLACEHOLDER_INVALID: 400,
  CREDENTIALS_INVALID: 401,
  REAUTHENTICATION_REQUIRED: 401,
  ORIGIN_REFUSED: 403,
  POLICY_DENIED: 403,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  AGENT_NOT_RUNNING: 409,
  BACKEND_MISMATCH: 409,
  LEVEL_UNSUPPORTED: 409,
  WORKERS_RUNNING: 409,
  SETUP_ALREADY_DONE: 409,
  SETUP_LINK_INVALID: 410,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  MESSAGE_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BINARY_FILE: 415,
  FILE_REFUSED: 422,
  LEVEL_EXCEEDS_MAXIMUM: 422,
  PRECONDITION_REQUIRED: 428,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  START_FAILED: 502,
  TURN_FAILED: 502,
  BACKEND_UNAVAILABLE: 503,
  AUDIT_UNAVAILABLE: 503,
  OVERLOADED: 503,
  SERVER_NOT_RUNNING: 503,
  INTERRUPTED: 503,
  NO_SPACE: 507,
  AGENT_TIMEOUT: 504,
} as const);

/** One of the codes in {@link API_ERRORS}. */
export type ApiErrorCode = keyof typeof API_ERRORS;

/** One place in a request that is wrong. */
export interface ApiIssue {
  /** JSON pointer. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * A failure that a client may read: a stable code, a sentence for a person and, where there is one, the fix. It never
 * carries a secret or the text of an inner error.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly fix?: string;
  readonly issues?: readonly ApiIssue[];
  readonly retryAfterSeconds?: number;

  constructor(
    code: ApiErrorCode,
    message: string,
    options: {
      fix?: string;
      issues?: readonly ApiIssue[];
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.fix !== undefined) this.fix = options.fix;
    if (options.issues !== undefined) this.issues = options.issues;
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** HTTP status of the answer. */
  get status(): number {
    return API_ERRORS[this.code];
  }
}
