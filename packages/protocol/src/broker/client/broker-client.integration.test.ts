import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BROKER_ROUTES, WEB_HEADERS } from '../contract.js';
import { createBrokerClient, type BrokerClient, type BrokerTimeouts } from './index.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const request = { model: 'p/m', messages: [{ role: 'user', content: 'hi' }] } as const;
const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

describe('createBrokerClient', () => {
  let directory: string;
  let server: Server;
  let handler: Handler;
  let aborted = 0;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'clawforce-broker-'));
    aborted = 0;
    server = createServer((incoming, response) => {
      let body = '';
      response.on('close', () => (aborted += response.writableFinished ? 0 : 1));
      incoming.on('data', (data: Buffer) => (body += data.toString()));
      incoming.on('end', () => handler(incoming, response, body));
    });
    await new Promise<void>((resolve) => server.listen(join(directory, 'broker.sock'), resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  const client = (timeouts: Partial<BrokerTimeouts> = {}): BrokerClient =>
    createBrokerClient({
      target: { socketPath: join(directory, 'broker.sock') },
      secret: () => 'resume-secret-0123456789',
      chatTimeouts: timeouts,
      webTimeouts: timeouts,
    });
  const streams = (...parts: string[]): Handler => {
    return (_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const part of parts) response.write(part);
      response.end();
    };
  };

  it('puts streamed text, split tool calls and usage together', async () => {
    let seen: { route: string | undefined; secret: string | undefined; body: unknown } | undefined;
    handler = (incoming, response, body) => {
      seen = { route: incoming.url, secret: incoming.headers.authorization, body: JSON.parse(body) };
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const text = [
        ': keep-alive\r\n\r\n',
        chunk({ role: 'assistant', content: 'Grüße ' }),
        chunk({ content: '🙂' }),
        chunk({
          tool_calls: [
            { index: 0, id: 'a', type: 'function', function: { name: 'read_file', arguments: '{"pa' } },
          ],
        }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: 'th":"x"}' } }] }),
        chunk({ tool_calls: [{ index: 1, function: { name: 'list_dir', arguments: '' } }] }),
        chunk({}, 'tool_calls'),
        `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } })}\n\n`,
        DONE,
      ].join('');
      // One byte at a time: characters and lines are cut everywhere.
      for (const byte of Buffer.from(text)) response.write(Buffer.from([byte]));
      response.end();
    };
    const deltas: string[] = [];
    const completion = await client().chat(request, { onDelta: (text) => deltas.push(text) });
    expect(completion).toEqual({
      text: 'Grüße 🙂',
      finishReason: 'tool_calls',
      toolCalls: [
        { id: 'a', name: 'read_file', arguments: '{"path":"x"}' },
        { id: 'call_1', name: 'list_dir', arguments: '' },
      ],
      usage: { promptTokens: 3, completionTokens: 4 },
    });
    expect(deltas.join('')).toBe('Grüße 🙂');
    expect(seen).toEqual({
      route: BROKER_ROUTES.chatCompletions,
      secret: 'Bearer resume-secret-0123456789',
      body: { ...request, stream: true },
    });
  });

  it.each<[string, string[], string]>([
    ['something that is not JSON', ['data: {oops\n\n', DONE], 'BROKER_NONSENSE'],
    ['a chunk that is no object', ['data: 7\n\n', DONE], 'BROKER_NONSENSE'],
    ['content of a wrong type', [chunk({ content: 7 }), DONE], 'BROKER_NONSENSE'],
    ['choices that are no array', ['data: {"choices":{}}\n\n', DONE], 'BROKER_NONSENSE'],
    ['tool calls of a wrong type', [chunk({ tool_calls: 'rm' }), DONE], 'BROKER_NONSENSE'],
    ['an impossible index', [chunk({ tool_calls: [{ index: 1e9 }] }), DONE], 'BROKER_NONSENSE'],
    ['a call without a name', [chunk({ tool_calls: [{ index: 0, id: 'x' }] }), DONE], 'BROKER_NONSENSE'],
    ['nothing at all', [DONE], 'BROKER_NONSENSE'],
    ['no end mark', [chunk({ content: 'half' })], 'BROKER_TRUNCATED'],
    ['an endless line', ['data: ', 'x'.repeat(1_500_000)], 'BROKER_TOO_LARGE'],
    [
      'an endless answer',
      Array.from({ length: 9 }, () => chunk({ content: 'y'.repeat(600_000) })),
      'BROKER_TOO_LARGE',
    ],
    [
      'an error in mid-stream',
      [
        chunk({ content: 'a' }),
        'data: {"error":{"message":"m","type":"upstream","code":"UPSTREAM_REFUSED"}}\n\n',
      ],
      'BROKER_UPSTREAM',
    ],
    ['an error without fields', ['data: {"error":"boom"}\n\n'], 'BROKER_NONSENSE'],
  ])('gives a typed error for a stream with %s', async (_what, parts, code) => {
    handler = streams(...parts);
    await expect(client().chat(request)).rejects.toMatchObject({ name: 'BrokerError', code });
  });

  it('gives a typed error for an answer that is no stream', async () => {
    handler = (_incoming, response) => response.end('<html>hello</html>');
    await expect(client().chat(request)).rejects.toMatchObject({ code: 'BROKER_NONSENSE' });
  });

  it.each([
    [
      429,
      { message: 'slow', type: 'rate_limited', code: 'UPSTREAM_RATE_LIMITED', retry_after_s: 7 },
      { code: 'BROKER_RATE_LIMITED', retryable: true, retryAfterMs: 7_000 },
    ],
    [
      404,
      { message: 'no model', type: 'invalid_request', code: 'MODEL_UNKNOWN' },
      { code: 'BROKER_REQUEST_REFUSED', brokerCode: 'MODEL_UNKNOWN', retryable: false },
    ],
    [
      401,
      { message: 'who', type: 'authentication', code: 'UNAUTHENTICATED' },
      { code: 'BROKER_UNAUTHENTICATED', retryable: true },
    ],
    [502, 'not our shape', { code: 'BROKER_UPSTREAM', retryable: true }],
  ])('understands a failure with status %i', async (status, error, expected) => {
    handler = (_incoming, response) => response.writeHead(status).end(JSON.stringify({ error }));
    await expect(client().chat(request)).rejects.toMatchObject(expected);
  });

  it('hands on the decision of a refusal', async () => {
    const decision = {
      effect: 'deny',
      layer: 'address',
      rule: 'net.address.metadata',
      reason: 'no',
      input: 'x',
      policyDigest: 'd',
      trace: [],
    };
    handler = (_incoming, response) =>
      response.writeHead(403).end(
        JSON.stringify({
          error: { message: 'no', type: 'policy_denied', code: 'POLICY_DENIED', decision },
        }),
      );
    await expect(client().webFetch({ url: 'http://x' })).rejects.toMatchObject({
      code: 'BROKER_DENIED',
      decision,
    });
  });

  it('says that the broker is not there', async () => {
    const away = createBrokerClient({
      target: { socketPath: join(directory, 'none.sock') },
      secret: () => 's'.repeat(16),
    });
    await expect(away.chat(request)).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', retryable: true });
    const early = createBrokerClient({
      target: { socketPath: join(directory, 'none.sock') },
      secret: () => undefined,
    });
    await expect(early.chat(request)).rejects.toMatchObject({ code: 'BROKER_UNAUTHENTICATED' });
  });

  it('never hangs: no answer, a stalled stream and an endless one end in time', async () => {
    handler = () => undefined;
    await expect(client({ firstByteMs: 50 }).chat(request)).rejects.toMatchObject({ code: 'BROKER_TIMEOUT' });
    handler = (_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'a' }));
    };
    await expect(client({ idleMs: 50 }).chat(request)).rejects.toMatchObject({ code: 'BROKER_TIMEOUT' });
    handler = (_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': beat\n\n'), 10);
      response.on('close', () => clearInterval(timer));
    };
    await expect(client({ totalMs: 150 }).chat(request)).rejects.toMatchObject({ code: 'BROKER_TIMEOUT' });
  });

  it('closes the connection when the caller cancels in mid-stream', async () => {
    const controller = new AbortController();
    handler = (_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'a' }));
    };
    const chat = client().chat(request, { signal: controller.signal, onDelta: () => controller.abort() });
    await expect(chat).rejects.toMatchObject({ code: 'BROKER_ABORTED', retryable: false });
    await expect(client().chat(request, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'BROKER_ABORTED',
    });
    for (let wait = 0; aborted === 0 && wait < 100; wait += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(aborted).toBe(1);
  });

  it('reports a connection that breaks in mid-stream', async () => {
    handler = (_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'a' }), () => response.destroy());
    };
    await expect(client().chat(request)).rejects.toMatchObject({ code: 'BROKER_TRUNCATED', retryable: true });
  });

  it('streams a web page with the status and final URL of its origin', async () => {
    handler = (_incoming, response, body) => {
      expect(JSON.parse(body)).toEqual({ url: 'http://a.example/', max_bytes: 10 });
      response.writeHead(200, {
        [WEB_HEADERS.status]: '404',
        [WEB_HEADERS.url]: 'http://b.example/',
        'content-type': 'text/html',
      });
      response.end('<p>gone</p>');
    };
    const page = await client().webFetch({ url: 'http://a.example/', max_bytes: 10 });
    expect(page).toMatchObject({ status: 404, url: 'http://b.example/', contentType: 'text/html' });
    const chunks: Uint8Array[] = [];
    for await (const bytes of page.body) chunks.push(bytes);
    expect(Buffer.concat(chunks).toString()).toBe('<p>gone</p>');
    handler = (_incoming, response) => response.end('no headers');
    await expect(client().webFetch({ url: 'http://a.example/' })).rejects.toMatchObject({
      code: 'BROKER_NONSENSE',
    });
  });
});
