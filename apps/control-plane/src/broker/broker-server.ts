import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BROKER_ROUTES, type WebFetchRequest } from '@clawforce/protocol';
import { BrokerError, toBrokerError } from './broker-error.js';
import { readChatRequest } from './chat-request.js';
import type { AgentTraffic } from './agent-traffic.js';
import { TokenBucket } from '../limits/token-bucket.js';
import { readJsonBody } from './read-body.js';
import { sendWebAnswer } from './web-answer.js';
import { wholeCompletion } from './whole-completion.js';

/** What the broker of one agent needs to know. */
export interface BrokerContext {
  /** Tells whether a bearer secret belongs to the agent's present session. */
  readonly authenticate: (secret: string) => boolean;
  /** Tells whether the session's worker may work; waits a while for one that comes back and is still to be looked at. */
  readonly admitted: (signal: AbortSignal) => Promise<boolean>;
  /** The agent's models and web access under its present configuration. */
  readonly traffic: () => Promise<AgentTraffic>;
  /** Told of every failure with its cause; the answer to the worker carries the code only. */
  readonly onFailure?: (error: BrokerError, route: string) => void;
}

const EVENT_STREAM = 'text/event-stream';
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_CONCURRENT = 8;
/** Each request may become a row of the audit log, and each byte is parsed by the one process that serves everybody. */
const BURST_REQUESTS = 300;
const REQUESTS_PER_SECOND = 20;
const BURST_BYTES = 128 * 1024 * 1024;
const BYTES_PER_SECOND = 8 * 1024 * 1024;
/** One worker needs a connection for each running request; more is somebody who fills the table. */
const MAX_CONNECTIONS = 64;

/**
 * Gives the HTTP server behind one agent's `broker.sock`. The listener names the agent, the bearer secret proves the
 * session; nothing in a request can name another agent.
 */
export function createBrokerServer(context: BrokerContext): Server {
  let running = 0;
  const allowance: Allowance = {
    requests: new TokenBucket(BURST_REQUESTS, REQUESTS_PER_SECOND),
    bytes: new TokenBucket(BURST_BYTES, BYTES_PER_SECOND),
  };
  const server = createServer((request, response) => {
    running += 1;
    const controller = new AbortController();
    response.once('close', () => {
      running -= 1;
      controller.abort();
    });
    handle(context, request, response, { running, allowance, signal: controller.signal }).catch(
      (error: unknown) => {
        const failure = toBrokerError(error);
        context.onFailure?.(failure, request.url ?? '');
        // What is left of a refused body is not read: the connection ends behind the answer.
        if (!request.complete && !response.headersSent) response.setHeader('connection', 'close');
        sendFailure(response, failure);
      },
    );
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxHeadersCount = 50;
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function handle(
  context: BrokerContext,
  request: IncomingMessage,
  response: ServerResponse,
  { running, allowance, signal }: { running: number; allowance: Allowance; signal: AbortSignal },
): Promise<void> {
  const secret = /^Bearer ([\x21-\x7e]{16,200})$/.exec(request.headers.authorization ?? '')?.[1];
  if (secret === undefined || !context.authenticate(secret)) {
    throw new BrokerError(
      'UNAUTHENTICATED',
      'The session secret is missing or belongs to an earlier session.',
    );
  }
  if (running > MAX_CONCURRENT) {
    throw new BrokerError('TOO_MANY_REQUESTS', `At most ${MAX_CONCURRENT} requests may run at once.`, {
      retryAfterSeconds: 1,
    });
  }
  if (!allowance.requests.tryTake()) throw tooFast(1);
  if (!(await context.admitted(signal))) {
    throw new BrokerError('TOO_MANY_REQUESTS', 'The isolation of this worker has not been confirmed yet.', {
      retryAfterSeconds: 1,
    });
  }
  const onSize = (bytes: number): void => {
    const wait = allowance.bytes.spend(bytes);
    if (wait > 0) throw tooFast(Math.ceil(wait / 1000));
  };
  const isPost = request.method === 'POST';
  if (isPost && request.url === BROKER_ROUTES.chatCompletions) {
    const chat = readChatRequest(await readJsonBody(request, MAX_BODY_BYTES, onSize));
    const traffic = await context.traffic();
    const chunks = traffic.complete(chat, signal);
    if (chat.stream !== true) {
      sendJson(response, 200, await wholeCompletion(chunks));
      return;
    }
    await streamChunks(response, chunks);
    return;
  }
  if (isPost && request.url === BROKER_ROUTES.webFetch) {
    const wanted = readWebRequest(await readJsonBody(request, 64 * 1024, onSize));
    const traffic = await context.traffic();
    await sendWebAnswer(response, await traffic.fetchPage(wanted, signal), wanted.max_bytes);
    return;
  }
  throw new BrokerError(
    'ROUTE_UNKNOWN',
    'The broker knows POST /v1/chat/completions and POST /v1/web/fetch.',
  );
}

interface Allowance {
  readonly requests: TokenBucket;
  readonly bytes: TokenBucket;
}

function tooFast(retryAfterSeconds: number): BrokerError {
  return new BrokerError('TOO_MANY_REQUESTS', 'Requests come faster than they may.', { retryAfterSeconds });
}

async function streamChunks(response: ServerResponse, chunks: AsyncIterable<unknown>): Promise<void> {
  // The first chunk decides between an HTTP error and a stream.
  const iterator = chunks[Symbol.asyncIterator]();
  let next = await iterator.next();
  // Not by writeHead: what it gets cannot be asked for later, and a failure in mid-stream has to know.
  response.setHeader('content-type', EVENT_STREAM);
  response.setHeader('cache-control', 'no-store');
  response.writeHead(200);
  try {
    while (!next.done) {
      await write(response, `data: ${JSON.stringify(next.value)}\n\n`);
      next = await iterator.next();
    }
    response.end('data: [DONE]\n\n');
  } finally {
    if (!next.done) await iterator.return?.();
  }
}

async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed) throw new BrokerError('UPSTREAM_TIMEOUT', 'The worker went away.');
  if (response.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

function sendFailure(response: ServerResponse, failure: BrokerError): void {
  if (response.destroyed) return;
  if (!response.headersSent) {
    if (failure.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(failure.retryAfterSeconds));
    sendJson(response, failure.status, failure.toBody());
  } else if (response.getHeader('content-type') === EVENT_STREAM) {
    response.end(`data: ${JSON.stringify(failure.toBody())}\n\n`);
  } else {
    response.destroy();
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function readWebRequest(body: unknown): WebFetchRequest {
  const { url, max_bytes: maxBytes } = (body ?? {}) as { url?: unknown; max_bytes?: unknown };
  if (typeof url !== 'string' || url.length === 0 || url.length > 8192) {
    throw new BrokerError('REQUEST_INVALID', 'The field "url" must be a string of at most 8192 characters.');
  }
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || (maxBytes as number) < 1)) {
    throw new BrokerError('REQUEST_INVALID', 'The field "max_bytes" must be a positive integer.');
  }
  return { url, ...(maxBytes === undefined ? {} : { max_bytes: maxBytes as number }) };
}
