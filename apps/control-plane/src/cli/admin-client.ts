import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';

/** An answer of the server that is not a success. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly code: string;
  readonly fix: string | undefined;
  readonly issues: readonly { readonly pointer: string; readonly message: string }[];

  constructor(status: number, body: unknown, options?: ErrorOptions) {
    const { error, code, fix, issues } = (typeof body === 'object' && body !== null ? body : {}) as Record<
      string,
      unknown
    >;
    super(typeof error === 'string' ? error : `The server answered with status ${status}.`, options);
    this.status = status;
    this.code = typeof code === 'string' ? code : 'UNKNOWN';
    this.fix = typeof fix === 'string' ? fix : undefined;
    this.issues = Array.isArray(issues) ? (issues as { pointer: string; message: string }[]) : [];
  }
}

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** The API over the admin socket. */
export interface AdminClient {
  /** Whether a server runs, or the database is opened by this process. */
  readonly online: boolean;
  /** Gives the JSON body. @throws ApiFailure */
  call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
  /**
   * Opens a stream of server-sent events, which ends with the server's or when `signal` aborts. Fulfilled once the server
   * has begun it: what happens from then on is in it. @throws ApiFailure
   */
  events(path: string, signal: AbortSignal): Promise<AsyncIterable<ServerEvent>>;
  close(): Promise<void>;
}

/** Gives the client for a server that listens on a unix socket. */
export function adminClient(
  socketPath: string,
  online: boolean,
  close: () => Promise<void> = () => Promise.resolve(),
): AdminClient {
  return {
    online,
    close,
    async call(method, path, body, signal) {
      const response = await send(socketPath, method, path, body, signal);
      const text = await readText(response);
      const parsed: unknown = text === '' ? undefined : parseJson(text);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) throw new ApiFailure(status, parsed);
      return parsed;
    },
    async events(path, signal) {
      const response = await send(socketPath, 'GET', path, undefined, signal);
      if (response.statusCode !== 200)
        throw new ApiFailure(response.statusCode ?? 0, parseJson(await readText(response)));
      return readEvents(response, signal);
    },
  };
}

function send(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const request = httpRequest({
      socketPath,
      method,
      path,
      headers: {
        host: 'localhost',
        accept: 'application/json, text/event-stream',
        ...(payload ? { 'content-type': 'application/json', 'content-length': payload.byteLength } : {}),
      },
      ...(signal ? { signal } : {}),
    });
    request.once('response', resolve);
    request.once('error', (error) => reject(lossOf(error)));
    request.end(payload);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    throw lossOf(error as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* readEvents(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  response.setEncoding('utf8');
  const events: ServerEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, id, data }) => events.push({ event: event ?? 'message', id, data: parseJson(data) }),
  });
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      parser.feed(chunk);
      yield* events.splice(0);
    }
  } catch (error) {
    if (!signal.aborted) throw lossOf(error as Error);
  }
}

/** What is thrown for an error of the connection: a server that ends takes its socket away. */
function lossOf(error: NodeJS.ErrnoException): Error {
  const { code = '', syscall } = error;
  const lost = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(code);
  if (!lost && !(code === 'ENOENT' && syscall === 'connect')) return error;
  const body = {
    code: 'SERVER_NOT_RUNNING',
    error: 'The connection to the server broke off.',
    fix: 'See whether it still runs, or start it with "clawforce serve" or "npm start".',
  };
  return new ApiFailure(503, body, { cause: error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
