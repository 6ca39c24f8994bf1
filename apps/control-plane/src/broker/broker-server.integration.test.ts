import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PolicyDeniedError } from '@clawforce/policy-core';
import { EgressLimitError, NetworkSecurityPolicy } from '@clawforce/policy-net';
import type { BrokerErrorBody, ChatCompletionChunk } from '@clawforce/protocol';
import { createBrokerClient } from '@clawforce/protocol/broker-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentTraffic } from './agent-traffic.js';
import { BrokerError } from './broker-error.js';
import { createBrokerServer } from './broker-server.js';
import { chunkFactory } from './providers/chunk.js';
import { chatRequest } from './testing/provider-call.js';

const secret = randomUUID().replaceAll('-', '');
const CHAT = '/v1/chat/completions';
const WEB = '/v1/web/fetch';
let directory: string;
let server: Server;
let socketPath: string;
let traffic: Partial<AgentTraffic>;
let failures: BrokerError[];
let admitted: (signal: AbortSignal) => Promise<boolean>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'broker-'));
  socketPath = join(directory, 'broker.sock');
  failures = [];
  traffic = {};
  admitted = () => Promise.resolve(true);
  server = createBrokerServer({
    authenticate: (given) => given === secret,
    admitted: (signal) => admitted(signal),
    traffic: () => Promise.resolve(traffic as AgentTraffic),
    onFailure: (error) => failures.push(error),
  });
  server.listen(socketPath);
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly error: BrokerErrorBody['error'];
}

async function ask(
  path: string,
  body: string | Buffer | object,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const request = httpRequest({
    socketPath,
    path,
    method: options.method ?? 'POST',
    agent: false,
    headers: { authorization: `Bearer ${secret}`, ...options.headers },
  });
  request.on('error', () => undefined);
  request.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  let error = undefined as unknown;
  try {
    error = (JSON.parse(text) as BrokerErrorBody).error;
  } catch {
    // Not an error body.
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    error: error as BrokerErrorBody['error'],
  };
}

const factory = chunkFactory('m');
async function* say(...words: string[]): AsyncGenerator<ChatCompletionChunk> {
  for (const content of words) yield factory.delta({ content });
  yield factory.finish('stop', { prompt: 1, completion: words.length });
}
const client = (): ReturnType<typeof createBrokerClient> =>
  createBrokerClient({ target: { socketPath }, secret: () => secret });

describe('who may use the broker', () => {
  it.each([
    ['no header', ''],
    ['another secret', `Bearer ${'x'.repeat(32)}`],
    ['another scheme', `Basic ${secret}`],
    ['two secrets', `Bearer ${secret} ${secret}`],
    ['a secret in capitals', `Bearer ${secret.toUpperCase()}x`],
  ])('is not a command with %s', async (_title, authorization) => {
    const answer = await ask(CHAT, chatRequest(), { headers: { authorization } });
    expect([answer.status, answer.error.code, answer.error.type]).toEqual([
      401,
      'UNAUTHENTICATED',
      'authentication',
    ]);
  });

  it('learns nothing about routes without the secret', async () => {
    const answer = await ask('/nothing', {}, { headers: { authorization: '' } });
    expect(answer.error.code).toBe('UNAUTHENTICATED');
  });
});

describe('a worker that is still to be looked at', () => {
  it('is asked to try again, on every route, and nothing of its configuration is used', async () => {
    admitted = () => Promise.resolve(false);
    traffic.complete = () => say('never');
    traffic.fetchPage = () => Promise.resolve(page('never'));
    for (const [path, body] of [
      [CHAT, chatRequest()],
      [WEB, { url: 'http://a.b' }],
      ['/nothing', {}],
    ] as const) {
      const answer = await ask(path, body);
      expect([path, answer.status, answer.error.code, answer.headers['retry-after']]).toEqual([
        ...[path, 429, 'TOO_MANY_REQUESTS'],
        '1',
      ]);
    }
    // The client of a worker knows it as something that passes, not as the end of its session.
    await expect(client().chat(chatRequest())).rejects.toMatchObject({
      ...{ code: 'BROKER_RATE_LIMITED', retryable: true, retryAfterMs: 1_000 },
    });
  });

  it('is held until it was, and then answered as if nothing had been', async () => {
    let admit = (_: boolean): void => undefined;
    admitted = () => new Promise((resolve) => (admit = resolve));
    traffic.complete = () => say('at last');
    let answered = false;
    const held = client()
      .chat(chatRequest())
      .finally(() => (answered = true));
    // Behind it on the same server: what needs no admission is answered first.
    for (let round = 0; round < 5; round += 1)
      expect((await ask(CHAT, {}, { headers: { authorization: '' } })).status).toBe(401);
    expect(answered).toBe(false);
    admit(true);
    expect((await held).text).toBe('at last');
  });

  it('is not waited for when it has gone', async () => {
    const gone = new Promise<void>((resolve) => {
      admitted = async (signal) => {
        await once(signal, 'abort');
        resolve();
        return false;
      };
    });
    const controller = new AbortController();
    const chat = client().chat(chatRequest(), { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(chat).rejects.toMatchObject({ code: 'BROKER_ABORTED' });
    await gone;
  });
});

describe('the routes of the broker', () => {
  it.each([
    ['GET', CHAT],
    ['POST', '/v1/models'],
    ['POST', `${CHAT}?agent=other`],
    ['POST', `/v1/chat/../web/fetch`],
    ['DELETE', WEB],
  ])('do not include %s %s', async (method, path) => {
    const answer = await ask(path, method === 'POST' ? {} : '', { method });
    expect([answer.status, answer.error.code]).toEqual([404, 'ROUTE_UNKNOWN']);
  });

  it.each([
    ['no JSON', 'hello', 'REQUEST_INVALID'],
    ['no body', '', 'REQUEST_INVALID'],
    ['no messages', { model: 'a/b', messages: [] }, 'REQUEST_INVALID'],
    [
      'a role that nobody knows',
      { model: 'a/b', messages: [{ role: 'root', content: '' }] },
      'REQUEST_INVALID',
    ],
    [
      'content that is no text',
      { model: 'a/b', messages: [{ role: 'user', content: [] }] },
      'REQUEST_INVALID',
    ],
    ['a temperature of a thousand', { ...chatRequest(), temperature: 1000 }, 'REQUEST_INVALID'],
  ])('refuse %s and say where', async (_title, body, code) => {
    const answer = await ask(CHAT, body);
    expect([answer.status, answer.error.code, answer.error.type]).toEqual([400, code, 'invalid_request']);
  });

  it.each([
    {},
    { url: 1 },
    { url: '' },
    { url: 'x'.repeat(9000) },
    { url: 'http://a.b', max_bytes: 0 },
    'null',
  ])('refuse the web request %j', async (body) => {
    expect((await ask(WEB, body)).error.code).toBe('REQUEST_INVALID');
  });

  it('pass on only the fields that the broker knows: a worker cannot set a switch of the provider', async () => {
    let seen: unknown;
    traffic.complete = (request) => {
      seen = request;
      return say('ok');
    };
    await ask(CHAT, { ...chatRequest(), user: 'other', metadata: {}, service_tier: 'priority' });
    expect(seen).toEqual(chatRequest());
  });
});

describe('a request that is too large', () => {
  it('is refused with 413 while it is still being sent, also when it hides its length', async () => {
    const body = Buffer.alloc(17 * 1024 * 1024, 0x20);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
      const answer = await ask(CHAT, body, { headers });
      expect([answer.status, answer.error.code]).toEqual([413, 'REQUEST_TOO_LARGE']);
    }
  });

  it('is not one of fifteen megabytes', async () => {
    traffic.complete = () => say('ok');
    const content = 'x'.repeat(15 * 1024 * 1024);
    const answer = await ask(CHAT, chatRequest({ messages: [{ role: 'user', content }] }));
    expect(answer.status).toBe(200);
  });

  it('of ten megabytes of brackets, meant to hold up the control plane, is refused before it is parsed', async () => {
    const bomb = `{"model":"a/b","messages":[${'[],'.repeat(3_500_000)}[]]}`;
    const started = performance.now();
    const answer = await ask(CHAT, bomb);
    expect(answer.error.code).toBe('REQUEST_TOO_LARGE');
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  it('is not refused for brackets in its texts', async () => {
    traffic.complete = () => say('fine');
    const text = '[{,:"\\\\'.repeat(400_000);
    const answer = await ask(CHAT, { model: 'a/b', messages: [{ role: 'user', content: text }] });
    expect(answer.status).toBe(200);
  });

  it('is refused when a hijacked worker floods the broker to fill the audit log', async () => {
    const codes: (string | undefined)[] = [];
    while (codes.length < 3_000 && codes.at(-1) !== 'TOO_MANY_REQUESTS')
      codes.push((await ask(WEB, 'x')).error.code);
    expect(codes.at(-1)).toBe('TOO_MANY_REQUESTS');
    expect(codes.length).toBeGreaterThan(300);
  });

  it('is refused at 64 KiB for the web', async () => {
    expect((await ask(WEB, { url: 'http://a.b', pad: 'x'.repeat(70_000) })).status).toBe(413);
  });
});

describe('a completion', () => {
  it('streams to the client of the worker, chunk by chunk', async () => {
    const deltas: string[] = [];
    traffic.complete = () => say('Good ', 'day');
    const completion = await client().chat(chatRequest(), { onDelta: (text) => deltas.push(text) });
    expect(completion).toMatchObject({
      text: 'Good day',
      finishReason: 'stop',
      usage: { promptTokens: 1, completionTokens: 2 },
    });
    expect(deltas).toEqual(['Good ', 'day']);
  });

  it('comes whole without "stream"', async () => {
    traffic.complete = () => say('Good ', 'day');
    const answer = await ask(CHAT, chatRequest());
    expect(JSON.parse(answer.text)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'Good day' }, finish_reason: 'stop' }],
      usage: { total_tokens: 3 },
    });
  });

  it('that fails before its first chunk is an HTTP error', async () => {
    traffic.complete = () =>
      failing(new BrokerError('UPSTREAM_RATE_LIMITED', 'Slow down.', { retryAfterSeconds: 3 }));
    const answer = await ask(CHAT, chatRequest({ stream: true }));
    expect([answer.status, answer.headers['retry-after'], answer.error.retry_after_s]).toEqual([429, '3', 3]);
  });

  it('that fails in mid-stream ends with an error event and without [DONE]', async () => {
    traffic.complete = () => failing(new BrokerError('UPSTREAM_NONSENSE', 'Broken.'), 'some ', 'words');
    const answer = await ask(CHAT, chatRequest({ stream: true }));
    expect(answer.status).toBe(200);
    const events = answer.text.trim().split('\n\n');
    expect(JSON.parse(events.at(-1)!.slice('data: '.length))).toMatchObject({
      error: { code: 'UPSTREAM_NONSENSE', message: 'Broken.' },
    });
    expect(answer.text).not.toContain('[DONE]');
    await expect(client().chat(chatRequest())).rejects.toThrow('Broken.');
  });

  it('is not produced faster than the worker reads', async () => {
    let produced = 0;
    traffic.complete = async function* () {
      for (; produced < 2000; produced += 1) yield factory.delta({ content: 'x'.repeat(32 * 1024) });
      yield factory.finish('stop');
    };
    const request = httpRequest({
      socketPath,
      path: CHAT,
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${secret}` },
    });
    request.end(JSON.stringify(chatRequest({ stream: true })));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const whileStalled = produced;
    expect(whileStalled).toBeLessThan(200);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(produced - whileStalled).toBeLessThan(20);
    response.resume();
    await once(response, 'end');
    expect(produced).toBe(2000);
  });

  it('stops when the worker goes away: signal, generator and place in the cap', async () => {
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    traffic.complete = async function* (_request, signal) {
      try {
        yield factory.delta({ content: 'a' });
        await once(signal, 'abort');
        signal.throwIfAborted();
      } finally {
        ended();
      }
    };
    const controller = new AbortController();
    const chat = client().chat(chatRequest(), {
      signal: controller.signal,
      onDelta: () => controller.abort(),
    });
    await expect(chat).rejects.toThrow();
    await end;
    traffic.complete = () => say('next');
    expect((await client().chat(chatRequest())).text).toBe('next');
  });

  it('is refused when eight are running already, and admitted again when one ends', async () => {
    const gates: (() => void)[] = [];
    traffic.complete = async function* () {
      await new Promise<void>((resolve) => gates.push(resolve));
      yield* say('done');
    };
    const running = Array.from({ length: 8 }, () => ask(CHAT, chatRequest()));
    while (gates.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
    const ninth = await ask(CHAT, chatRequest());
    expect([ninth.status, ninth.error.code, ninth.headers['retry-after']]).toEqual([
      429,
      'TOO_MANY_REQUESTS',
      '1',
    ]);
    for (const open of gates) open();
    for (const { status } of await Promise.all(running)) expect(status).toBe(200);
    traffic.complete = () => say('again');
    expect((await ask(CHAT, chatRequest())).status).toBe(200);
  });
});

describe('a page', () => {
  it('comes with status, final URL and content type of its origin, cut at max_bytes', async () => {
    traffic.fetchPage = () => Promise.resolve(page('0123456789', 404, 'https://a.example/b%20c?d=%2F'));
    const answer = await client().webFetch({ url: 'https://a.example', max_bytes: 4 });
    expect(answer).toMatchObject({
      status: 404,
      url: 'https://a.example/b%20c?d=%2F',
      contentType: 'text/plain',
    });
    const parts: Buffer[] = [];
    for await (const part of answer.body) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts).toString()).toBe('0123');
  });

  it('that is longer than max_bytes is not read to its end', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => void (cancelled = true),
    });
    traffic.fetchPage = () => Promise.resolve(new Response(endless));
    const answer = await ask(WEB, { url: 'https://a.example', max_bytes: 2500 });
    expect(answer.text).toHaveLength(2500);
    expect(cancelled).toBe(true);
  });

  it('that breaks off does not look complete', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      pull: (controller) => controller.error(new EgressLimitError('idleMs', 'No data.')),
    });
    traffic.fetchPage = () =>
      Promise.resolve(new Response(broken, { headers: { 'content-type': 'text/event-stream' } }));
    await expect(ask(WEB, { url: 'https://a.example' })).rejects.toThrow(/aborted|hang up/);
    expect(failures[0]?.code).toBe('UPSTREAM_TIMEOUT');
  });

  it('with a hostile content type cannot forge a header', async () => {
    const hostile = page('x');
    hostile.headers.set('content-type', 'text/plain\u00e9; a=b');
    traffic.fetchPage = () => Promise.resolve(hostile);
    expect((await ask(WEB, { url: 'https://a.example' })).headers['content-type']).toBe('text/plain; a=b');
  });
});

describe('a failure', () => {
  const inner = `the key is ${randomUUID()}`;

  it('of an unknown kind says nothing of what happened inside, and the log hears it', async () => {
    traffic.complete = () => {
      throw new Error(inner);
    };
    const answer = await ask(CHAT, chatRequest());
    expect([answer.status, answer.error.code, answer.error.type]).toEqual([500, 'INTERNAL', 'internal']);
    expect(answer.text).not.toContain(inner);
    expect((failures[0]?.cause as Error).message).toBe(inner);
  });

  it.each([
    [
      'a refused connection',
      Object.assign(new Error(inner), { code: 'ECONNREFUSED' }),
      502,
      'UPSTREAM_UNREACHABLE',
    ],
    [
      'a failed fetch',
      new TypeError(inner, { cause: Object.assign(new Error(inner), { code: 'ENOTFOUND' }) }),
      502,
      'UPSTREAM_UNREACHABLE',
    ],
    ['a time limit', new EgressLimitError('totalMs', inner), 504, 'UPSTREAM_TIMEOUT'],
    ['a size limit', new EgressLimitError('maxBytes', inner), 502, 'UPSTREAM_LIMIT'],
    ['an abort', new DOMException(inner, 'AbortError'), 504, 'UPSTREAM_TIMEOUT'],
    ['a mistake in our code', new TypeError(inner), 500, 'INTERNAL'],
  ])('that is %s has a code of its own and no inner text', async (_title, error, status, code) => {
    traffic.fetchPage = () => Promise.reject(error);
    const answer = await ask(WEB, { url: 'https://a.example' });
    expect([answer.status, answer.error.code]).toEqual([status, code]);
    expect(answer.text).not.toContain(inner);
  });

  it('that is a refusal of policy carries the decision', async () => {
    const decision = new NetworkSecurityPolicy().checkUrl('http://169.254.169.254/');
    traffic.fetchPage = () => Promise.reject(new PolicyDeniedError('EGRESS_DENIED', decision));
    const { status, error } = await ask(WEB, { url: 'http://169.254.169.254/' });
    expect([status, error.code, error.type, error.decision?.rule]).toEqual([
      403,
      'POLICY_DENIED',
      'policy_denied',
      'net.address.metadata',
    ]);
  });
});

async function* failing(error: Error, ...words: string[]): AsyncGenerator<ChatCompletionChunk> {
  for (const content of words) yield factory.delta({ content });
  await Promise.resolve();
  throw error;
}

function page(text: string, status = 200, url = 'https://a.example/'): Response {
  const response = new Response(text, { status, headers: { 'content-type': 'text/plain' } });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
