/** One place in a request that the server found wrong. */
export interface FieldIssue {
  /** JSON pointer into the request body. */
  readonly pointer: string;
  readonly message: string;
}

interface FailureDetails {
  readonly code: string;
  readonly status: number;
  readonly fix?: string | undefined;
  readonly issues?: readonly FieldIssue[] | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** A refusal or failure of the API as a person may read it. `status` is 0 when the server did not answer at all. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly code: string;
  readonly status: number;
  readonly fix: string | undefined;
  readonly issues: readonly FieldIssue[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, details: FailureDetails, options?: ErrorOptions) {
    super(message, options);
    this.code = details.code;
    this.status = details.status;
    this.fix = details.fix;
    this.issues = details.issues ?? [];
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Gives the failure that an answer of the API describes; `body` is what it sent, parsed or as text. */
export function failureOf(response: Response, body: unknown): ApiFailure {
  const { error, code, fix, issues, request_id: requestId } = recordOf(body);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiFailure(text(error) ?? `The server answered with status ${response.status}.`, {
    code: text(code) ?? 'UNKNOWN',
    status: response.status,
    fix: text(fix),
    issues: Array.isArray(issues) ? issues.flatMap(issueOf) : undefined,
    requestId: text(requestId) ?? response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

/**
 * Gives what a failure says when its code is one of these, for the field that such a refusal is about though it names no
 * place in the request; undefined for any other.
 */
export function refusalFor(error: unknown, codes: readonly string[]): string | undefined {
  if (!(error instanceof ApiFailure) || !codes.includes(error.code)) return undefined;
  return error.fix === undefined ? error.message : `${error.message} ${error.fix}`;
}

/** Gives any thrown value as an {@link ApiFailure}, so that every error has one shape to show. */
export function toFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (error instanceof TypeError) {
    return new ApiFailure(
      'The server did not answer.',
      { code: 'UNREACHABLE', status: 0, fix: 'Check that it is running and that you are connected.' },
      { cause: error },
    );
  }
  return new ApiFailure(
    'Something in this page failed.',
    { code: 'PAGE_FAILED', status: 0, fix: 'Reload the page.' },
    { cause: error },
  );
}

function issueOf(value: unknown): FieldIssue[] {
  const { pointer, message } = recordOf(value);
  return typeof pointer === 'string' && typeof message === 'string' ? [{ pointer, message }] : [];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
