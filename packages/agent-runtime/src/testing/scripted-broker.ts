import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Decision } from '@clawforce/policy-core';
import { BROKER_ROUTES, WEB_HEADERS, type ChatCompletionRequest } from '@clawforce/protocol';

/** One answer of the model: words, tool calls, or whatever a function does with the response. */
export type BrokerStep =
  | { readonly say?: string; readonly calls?: readonly { readonly tool: string; readonly args: unknown }[] }
  | ((response: ServerResponse, request: ChatCompletionRequest) => void);

/** A page for web_fetch, by URL. */
export interface BrokerPage {
  readonly type: string;
  readonly body: string | Buffer;
  readonly status?: number;
}

/** The broker of one agent, scripted: real HTTP on a real unix socket. */
export class ScriptedBroker {
  readonly requests: ChatCompletionRequest[] = [];
  readonly pages = new Map<string, BrokerPage>();
  /** Pages that the policy refuses, by URL. */
  readonly refusals = new Map<string, Decision>();
  steps: BrokerStep[] = [];
  /** Chat requests whose connection the worker closed before the end. */
  aborted = 0;
  expectedSecret: () => string = () => '';
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      response.on('close', () => (this.aborted += response.writableFinished ? 0 : 1));
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => this.#answer(request, response, body));
    });
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(path, resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    if (request.headers.authorization !== `Bearer ${this.expectedSecret()}`) {
      sendError(response, 401, 'authentication', 'UNAUTHENTICATED');
      return;
    }
    if (request.url === BROKER_ROUTES.webFetch) {
      const { url } = JSON.parse(body) as { url: string };
      const decision = this.refusals.get(url);
      if (decision) {
        sendError(response, 403, 'policy_denied', 'POLICY_DENIED', { decision });
        return;
      }
      const page = this.pages.get(url);
      if (!page) {
        sendError(response, 502, 'upstream', 'UPSTREAM_UNREACHABLE');
        return;
      }
      response.writeHead(200, {
        [WEB_HEADERS.status]: String(page.status ?? 200),
        [WEB_HEADERS.url]: url,
        'content-type': page.type,
      });
      response.end(page.body);
      return;
    }
    const chat = JSON.parse(body) as ChatCompletionRequest;
    this.requests.push(chat);
    const step = this.steps.shift() ?? { say: 'The script is over.' };
    if (typeof step === 'function') {
      step(response, chat);
      return;
    }
    openStream(response);
    for (const word of step.say?.match(/\S+\s*/g) ?? []) sendChunk(response, { content: word });
    (step.calls ?? []).forEach(({ tool, args }, index) => {
      const text = typeof args === 'string' ? args : JSON.stringify(args);
      const id = `call-${this.requests.length}-${index}`;
      sendChunk(response, {
        tool_calls: [{ index, id, type: 'function', function: { name: tool, arguments: text } }],
      });
    });
    endStream(response, step.calls ? 'tool_calls' : 'stop');
  }
}

export function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

export function sendChunk(response: ServerResponse, delta: object, finish: string | null = null): void {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
}

export function endStream(response: ServerResponse, finish = 'stop'): void {
  sendChunk(response, {}, finish);
  response.end('data: [DONE]\n\n');
}

export function sendError(
  response: ServerResponse,
  status: number,
  type: string,
  code: string,
  more: object = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { message: `failure ${code}`, type, code, ...more } }));
}
