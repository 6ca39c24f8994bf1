import createClient, { type Client } from 'openapi-fetch';
import type { SessionStore } from '../session/session-store.js';
import { failureOf } from './api-failure.js';
import { checkRequest } from './check-request.js';
import type { paths } from './generated/api.js';

/** The typed client of the API, see {@link createApiClient}. */
export type ApiClient = Client<paths>;

/** The session's part that the client needs. */
export type TokenSource = Pick<SessionStore, 'token' | 'tokenInsteadOf'>;

/** Refusals with status 401 that are about a password, which another token does not change. */
const PASSWORD_CODES = new Set(['CREDENTIALS_INVALID', 'REAUTHENTICATION_REQUIRED']);

/**
 * Gives a client whose routes, parameters and answers are typed by the OpenAPI document. With {@link authorisedFetch}
 * each request carries a token that is still good; one that is refused for its token is sent once more with another.
 */
export function createApiClient(send: SendRequest, baseUrl = window.location.origin): ApiClient {
  const client = createClient<paths>({ baseUrl, fetch: send });
  client.use(checkRequest);
  return client;
}

/** Sends a request and gives the answer, like `fetch`. */
export type SendRequest = (request: Request) => Promise<Response>;

/** Gives a `fetch` that adds the token. */
export function authorisedFetch(session: TokenSource, send: SendRequest): SendRequest {
  return async (request) => {
    const token = await session.token();
    // A body can be read once only, so the second attempt needs its own copy.
    const again = request.clone();
    const response = await send(withToken(request, token));
    if (response.status !== 401 || PASSWORD_CODES.has(await codeOf(response))) return response;
    return send(withToken(again, await session.tokenInsteadOf(token)));
  };
}

interface Outcome<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Gives the body of an answer. @throws ApiFailure when it is a refusal. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.response.ok) throw failureOf(outcome.response, outcome.error);
  return outcome.data as T;
}

/** Gives the body of an answer and its ETag, for changes with `If-Match`. @throws ApiFailure */
export function unwrapVersioned<T>(outcome: Outcome<T>): { readonly body: T; readonly etag: string } {
  return { body: unwrap(outcome), etag: outcome.response.headers.get('etag') ?? '' };
}

function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

async function codeOf(response: Response): Promise<string> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const code = (body as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
