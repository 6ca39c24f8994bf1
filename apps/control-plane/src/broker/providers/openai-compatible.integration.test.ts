import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FetchLimits } from '@clawforce/policy-net';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerErrorCode } from '../broker-error.js';
import { httpOrigin, sendEvents, type HttpOrigin, type SeenRequest } from '../testing/http-origin.js';
import {
  allChunks,
  answerOf,
  chatRequest,
  failureOf,
  fetchFor,
  SLOW_ANSWERS,
} from '../testing/provider-call.js';
import { openAiCompatible } from './openai-compatible.js';
import type { ProviderAdapter } from './provider.js';

const key = `key-${randomUUID()}`;
const open: HttpOrigin[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((origin) => origin.close()));
});

async function provider(
  handle: (response: ServerResponse, request: SeenRequest) => void | Promise<void>,
  settings: {
    apiKey?: string;
    extraHeaders?: Record<string, string>;
    limits?: Partial<FetchLimits>;
    path?: string;
  } = {},
): Promise<ProviderAdapter & { origin: HttpOrigin }> {
  const origin = await httpOrigin((request, response) => handle(response, request));
  open.push(origin);
  const adapter = openAiCompatible({
    apiBase: `${origin.url}${settings.path ?? '/v1'}`,
    apiKey: 'apiKey' in settings ? settings.apiKey : key,
    extraHeaders: settings.extraHeaders ?? {},
    fetch: fetchFor(origin.port, settings.limits),
  });
  return { ...adapter, origin };
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (value: object, finish: string | null = null): string =>
  event({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: value, finish_reason: finish }],
  });
const DONE = 'data: [DONE]\n\n';
const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

describe('an OpenAI-compatible provider of newer models', () => {
  const answerNewer = (response: ServerResponse, request: SeenRequest): Promise<void> | void => {
    const body = JSON.parse(request.body) as Record<string, unknown>;
    if ('max_tokens' in body || 'temperature' in body) {
      json(response, 400, { error: { message: 'unsupported' } });
      return;
    }
    return sendEvents(response, [
      delta({ content: `up to ${String(body['max_completion_tokens'])}` }),
      delta({}, 'stop'),
      DONE,
    ]);
  };

  it('is asked again once in the newer spelling when it refuses the older one', async () => {
    const adapter = await provider(answerNewer);
    const answer = await answerOf(adapter, chatRequest({ max_tokens: 100, temperature: 0.7 }));
    expect(answer).toMatchObject({ text: 'up to 100' });
    expect(adapter.origin.seen).toHaveLength(2);
  });

  it('is asked only once when nothing can be spelled otherwise', async () => {
    const adapter = await provider((response) => json(response, 400, { error: { message: 'no' } }));
    expect(await failureOf(adapter)).toMatchObject({ code: 'UPSTREAM_REFUSED' });
    expect(adapter.origin.seen).toHaveLength(1);
  });
});

describe('an OpenAI-compatible provider that streams', () => {
  it('gives text, finish reason and the usage of the last event', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [
        delta({ role: 'assistant', content: '' }),
        delta({ content: 'Good ' }),
        delta({ content: 'day ☀' }),
        delta({}, 'stop'),
        event({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 } }),
        DONE,
      ]),
    );
    expect(await answerOf(adapter)).toEqual({
      text: 'Good day ☀',
      calls: undefined,
      finish: 'stop',
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
  });

  it('puts events together that the network cut anywhere, also inside of a character', async () => {
    const bytes = Buffer.from(delta({ content: 'größer ☀' }) + delta({}, 'stop') + DONE);
    const adapter = await provider(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (const byte of bytes) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect((await answerOf(adapter)).text).toBe('größer ☀');
  });

  it('joins two tool calls whose names and arguments come in pieces and interleaved', async () => {
    const call = (index: number, members: object): string => delta({ tool_calls: [{ index, ...members }] });
    const adapter = await provider((response) =>
      sendEvents(response, [
        call(0, { id: 'call_a', type: 'function', function: { name: 'read_file', arguments: '' } }),
        call(0, { function: { arguments: '{"pa' } }),
        call(1, { id: 'call_b', type: 'function', function: { name: 'list_dir', arguments: '{"path"' } }),
        call(0, { function: { arguments: 'th":"a.txt"}' } }),
        call(1, { function: { arguments: ':"."}' } }),
        delta({}, 'tool_calls'),
        DONE,
      ]),
    );
    expect(await answerOf(adapter)).toMatchObject({
      text: null,
      finish: 'tool_calls',
      calls: [
        { id: 'call_a', type: 'function', function: { name: 'read_file', arguments: '{"path":"a.txt"}' } },
        { id: 'call_b', type: 'function', function: { name: 'list_dir', arguments: '{"path":"."}' } },
      ],
    });
  });

  it('accepts a stream without [DONE] once a finish reason came', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [delta({ content: 'Hi' }), delta({}, 'length')]),
    );
    expect(await answerOf(adapter)).toMatchObject({ text: 'Hi', finish: 'length' });
  });

  it('passes comments over and takes CRLF line ends', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [
        ': processing\r\n\r\n',
        delta({ content: 'Hi' }).replaceAll('\n', '\r\n'),
        ': still there\n\n',
        delta({}, 'stop'),
        DONE,
      ]),
    );
    expect((await answerOf(adapter)).text).toBe('Hi');
  });

  it('gives all chunks of one answer the same id and creation time', async () => {
    const bare = (content: string, finish: string | null): string =>
      event({ choices: [{ delta: { content }, finish_reason: finish }] });
    const adapter = await provider((response) =>
      sendEvents(response, [bare('a', null), bare('b', null), bare('', 'stop'), DONE]),
    );
    const chunks = await allChunks(adapter);
    expect(chunks).toHaveLength(3);
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
  });

  it('passes a chunk on before the next one exists', async () => {
    let finish = (): void => undefined;
    const wanted = new Promise<void>((resolve) => (finish = resolve));
    const adapter = await provider(async (response) => {
      await sendEvents(response, [delta({ content: 'first' })], { end: false });
      await wanted;
      response.end(delta({}, 'stop') + DONE);
    });
    const chunks = adapter.complete({ request: chatRequest(), signal: new AbortController().signal });
    const iterator = chunks[Symbol.asyncIterator]();
    const first = await iterator.next();
    expect(first.done).toBe(false);
    expect(first.value.choices[0].delta.content).toBe('first');
    finish();
    expect((await iterator.next()).value.choices[0].finish_reason).toBe('stop');
    expect((await iterator.next()).done).toBe(true);
  });
});

describe('an OpenAI-compatible provider that does not stream', () => {
  it('gives a whole answer with tool calls as chunks', async () => {
    const adapter = await provider((response) =>
      json(response, 200, {
        choices: [
          {
            finish_reason: 'tool_calls',
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [{ id: 'c1', type: 'function', function: { name: 'exec', arguments: '{}' } }],
            },
          },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      }),
    );
    expect(await answerOf(adapter)).toEqual({
      text: null,
      finish: 'tool_calls',
      calls: [{ id: 'c1', type: 'function', function: { name: 'exec', arguments: '{}' } }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
  });

  it.each([
    ['an answer without choices', {}],
    ['an answer that is a list', []],
    ['a message that is a text', { choices: [{ message: 'hi' }] }],
    ['an error with status 200', { error: { message: 'no such model' } }],
  ])('refuses %s', async (_title, body) => {
    const adapter = await provider((response) => json(response, 200, body));
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_NONSENSE');
  });

  it('refuses text that claims to be JSON', async () => {
    const adapter = await provider((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[');
    });
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_NONSENSE');
  });
});

describe('the request to an OpenAI-compatible provider', () => {
  it('goes to chat/completions with the key as a bearer token and asks for a stream with usage', async () => {
    const adapter = await provider((response) => sendEvents(response, [delta({}, 'stop'), DONE]), {
      path: '/api/v1/',
      extraHeaders: { 'x-title': 'clawforce', AUTHORIZATION: 'Bearer other', 'Content-Type': 'text/plain' },
    });
    const tools = [
      { type: 'function', function: { name: 'exec', description: 'd', parameters: { type: 'object' } } },
    ] as const;
    await allChunks(adapter, chatRequest({ tools, temperature: 0.5, max_tokens: 9, stream: false }));
    const [seen] = adapter.origin.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/api/v1/chat/completions' });
    expect(seen!.headers).toMatchObject({
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-title': 'clawforce',
    });
    expect(JSON.parse(seen!.body)).toEqual({
      model: 'some-model',
      messages: [{ role: 'user', content: 'Hello' }],
      tools,
      temperature: 0.5,
      max_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('carries no authorization header when there is no key', async () => {
    const adapter = await provider((response) => sendEvents(response, [delta({}, 'stop')]), {
      apiKey: undefined!,
    });
    await allChunks(adapter);
    expect(adapter.origin.seen[0]!.headers).not.toHaveProperty('authorization');
  });

  it('is not sent when the key has characters that no header carries, and the error does not show it', async () => {
    const adapter = await provider((response) => json(response, 200, {}), { apiKey: `${key}\nx: y` });
    const failure = await failureOf(adapter);
    expect(failure.code).toBe('PROVIDER_MISCONFIGURED');
    expect(`${JSON.stringify(failure.toBody())}${failure.stack ?? ''}`).not.toContain(key);
    expect(adapter.origin.seen).toEqual([]);
  });
});

describe('an OpenAI-compatible provider that fails', () => {
  const secretText = `upstream says ${randomUUID()}`;
  const refusals: [number, BrokerErrorCode][] = [
    [400, 'UPSTREAM_REFUSED'],
    [401, 'PROVIDER_MISCONFIGURED'],
    [403, 'PROVIDER_MISCONFIGURED'],
    [404, 'PROVIDER_MISCONFIGURED'],
    [429, 'UPSTREAM_RATE_LIMITED'],
    [500, 'UPSTREAM_UNREACHABLE'],
    [503, 'UPSTREAM_UNREACHABLE'],
  ];
  it.each(refusals)(
    'with status %i becomes %s, without its text and without the key',
    async (status, code) => {
      const adapter = await provider((response) =>
        json(response, status, { error: { message: `${secretText} ${key}` } }),
      );
      const failure = await failureOf(adapter);
      expect(failure.code).toBe(code);
      const shown = JSON.stringify(failure.toBody());
      expect(shown).not.toContain(secretText);
      expect(shown).not.toContain(key);
    },
  );

  it.each([
    ['17', 17],
    ['0.2', 1],
    ['999999', 3600],
  ])('with 429 and retry-after %s asks to wait %i seconds', async (header, seconds) => {
    const adapter = await provider((response) => json(response, 429, {}, { 'retry-after': header }));
    expect((await failureOf(adapter)).retryAfterSeconds).toBe(seconds);
  });

  it('with 429 and an HTTP date asks to wait until then', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const adapter = await provider((response) => json(response, 429, {}, { 'retry-after': date }));
    const { retryAfterSeconds } = await failureOf(adapter);
    expect(retryAfterSeconds).toBeGreaterThan(50);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('with an HTML page is unusable, and the page is not shown', async () => {
    const adapter = await provider((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>${secretText}</h1>`);
    });
    const failure = await failureOf(adapter);
    expect(failure.code).toBe('UPSTREAM_NONSENSE');
    expect(failure.message).toContain('text/html');
    expect(failure.message).not.toContain(secretText);
  });

  it.each([
    [
      'an error event',
      [delta({ content: 'a' }), event({ error: { message: secretText } })],
      'UPSTREAM_REFUSED',
    ],
    [
      'an error event with the status of a failure',
      [delta({ content: 'a' }), event({ error: { message: secretText, code: 502 } })],
      'UPSTREAM_UNREACHABLE',
    ],
    [
      'an error event that names a failure of the server',
      [delta({ content: 'a' }), event({ error: { message: secretText, type: 'server_error' } })],
      'UPSTREAM_UNREACHABLE',
    ],
    [
      'an error event with the status of a refusal',
      [delta({ content: 'a' }), event({ error: { message: secretText, code: 400 } })],
      'UPSTREAM_REFUSED',
    ],
    ['a stream that ends early', [delta({ content: 'a' })], 'UPSTREAM_NONSENSE'],
    ['an empty stream', [], 'UPSTREAM_NONSENSE'],
    ['a stream that is [DONE] at once', [DONE], 'UPSTREAM_NONSENSE'],
    ['an event that is not JSON', ['data: {"choices"\n\n'], 'UPSTREAM_NONSENSE'],
    ['an event that is a list', ['data: []\n\n'], 'UPSTREAM_NONSENSE'],
    ['an event without choices', ['data: {"id":"x"}\n\n'], 'UPSTREAM_NONSENSE'],
    ['lines that are no event stream', ['<html>\n<body>\n\n'], 'UPSTREAM_NONSENSE'],
  ])('with %s is reported by its own code', async (_title, writes, code) => {
    const adapter = await provider((response) => sendEvents(response, writes));
    const failure = await failureOf(adapter);
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain(secretText);
  });

  it('with a connection cut in mid-answer is unreachable', async () => {
    const adapter = await provider(async (response) => {
      await sendEvents(response, [delta({ content: 'a' })], { end: false });
      response.destroy();
    });
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_UNREACHABLE');
  });

  it('with a line that never ends is given up before it fills the memory', async () => {
    let sent = 0;
    const adapter = await provider(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: "');
      while (!response.destroyed && sent < 64 * 1024 * 1024) {
        sent += 64 * 1024;
        response.write('x'.repeat(64 * 1024));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_NONSENSE');
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it.each(SLOW_ANSWERS)('that %s has timed out, which nobody repeats', async (_what, limits, answer) => {
    const adapter = await provider(answer, { limits });
    expect(await failureOf(adapter)).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });

  it('behind a port that nobody listens on is unreachable', async () => {
    const adapter = await provider(() => undefined);
    await open.pop()!.close();
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_UNREACHABLE');
  });

  it('with a redirect is not followed: the key would go to another host', async () => {
    const other = await httpOrigin((_request, response) => json(response, 200, {}));
    open.push(other);
    const adapter = await provider((response) => {
      response.writeHead(307, { location: `${other.url}/v1/chat/completions` }).end();
    });
    expect((await failureOf(adapter)).code).toBe('PROVIDER_MISCONFIGURED');
    expect(other.seen).toEqual([]);
  });

  it('stops sending when the worker goes away in mid-stream', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [delta({ content: 'a' })], { end: false }),
    );
    const controller = new AbortController();
    const stream = adapter.complete({ request: chatRequest(), signal: controller.signal });
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    controller.abort();
    await expect(chunks.next()).rejects.toMatchObject({ name: 'AbortError' });
    await adapter.origin.abandoned;
  });

  it('stops sending when the reader of the stream loses interest', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [delta({ content: 'a' }), delta({ content: 'b' })], { end: false }),
    );
    for await (const _chunk of adapter.complete({
      request: chatRequest(),
      signal: new AbortController().signal,
    }))
      break;
    await adapter.origin.abandoned;
  });
});
