import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FetchLimits } from '@clawforce/policy-net';
import { afterEach, describe, expect, it, vi } from 'vitest';
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
import { anthropic } from './anthropic.js';
import type { ProviderAdapter } from './provider.js';

const key = `key-${randomUUID()}`;
const open: HttpOrigin[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((origin) => origin.close()));
});

async function provider(
  handle: (response: ServerResponse, request: SeenRequest) => void | Promise<void>,
  settings: {
    apiKey?: string | undefined;
    extraHeaders?: Record<string, string>;
    limits?: Partial<FetchLimits>;
  } = {},
): Promise<ProviderAdapter & { origin: HttpOrigin }> {
  const origin = await httpOrigin((request, response) => handle(response, request));
  open.push(origin);
  const adapter = anthropic({
    apiBase: `${origin.url}/`,
    apiKey: 'apiKey' in settings ? settings.apiKey : key,
    extraHeaders: settings.extraHeaders ?? {},
    fetch: fetchFor(origin.port, settings.limits),
  });
  return { ...adapter, origin };
}

const event = (type: string, members: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
const START = event('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    model: 'some-model',
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 25, output_tokens: 1 },
  },
});
const PING = event('ping');
const textStart = (index: number): string =>
  event('content_block_start', { index, content_block: { type: 'text', text: '' } });
const text = (index: number, value: string): string =>
  event('content_block_delta', { index, delta: { type: 'text_delta', text: value } });
const toolStart = (index: number, id: string, name: string): string =>
  event('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } });
const toolJson = (index: number, part: string): string =>
  event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: part } });
const stop = (index: number): string => event('content_block_stop', { index });
const end = (reason: string, tokens = 15): string =>
  event('message_delta', {
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: tokens },
  }) + event('message_stop');
const HELLO = [START, textStart(0), PING, text(0, 'Good '), text(0, 'day ☀'), stop(0), end('end_turn')];

const refuse = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

describe("Anthropic's event stream", () => {
  it('gives text, usage and finish reason, and passes pings over', async () => {
    const adapter = await provider((response) => sendEvents(response, HELLO));
    expect(await answerOf(adapter)).toEqual({
      text: 'Good day ☀',
      calls: undefined,
      finish: 'stop',
      usage: { prompt_tokens: 25, completion_tokens: 15, total_tokens: 40 },
    });
  });

  it('gives text and two tool calls whose input comes in pieces, numbered from zero', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [
        START,
        textStart(0),
        text(0, 'I look.'),
        stop(0),
        toolStart(1, 'toolu_a', 'read_file'),
        toolJson(1, ''),
        toolJson(1, '{"path": "sa'),
        toolJson(1, 'les.csv"}'),
        stop(1),
        toolStart(2, 'toolu_b', 'list_dir'),
        toolJson(2, '{}'),
        stop(2),
        end('tool_use'),
      ]),
    );
    expect(await answerOf(adapter)).toMatchObject({
      text: 'I look.',
      finish: 'tool_calls',
      calls: [
        { id: 'toolu_a', function: { name: 'read_file', arguments: '{"path": "sales.csv"}' } },
        { id: 'toolu_b', function: { name: 'list_dir', arguments: '{}' } },
      ],
    });
  });

  it('keeps thinking blocks to itself', async () => {
    const adapter = await provider((response) =>
      sendEvents(response, [
        START,
        event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '' } }),
        event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'hmm' } }),
        stop(0),
        textStart(1),
        text(1, 'Yes.'),
        stop(1),
        end('end_turn'),
      ]),
    );
    expect((await answerOf(adapter)).text).toBe('Yes.');
  });

  it.each([
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop'],
    ['refusal', 'content_filter'],
  ])('maps stop reason %s to %s', async (reason, finish) => {
    const adapter = await provider((response) =>
      sendEvents(response, [START, textStart(0), text(0, 'a'), stop(0), end(reason)]),
    );
    expect((await answerOf(adapter)).finish).toBe(finish);
  });
});

describe('the request to Anthropic', () => {
  it('maps system texts, merged user turns, tool calls, tool results and tools, and sends no temperature', async () => {
    const adapter = await provider((response) => sendEvents(response, HELLO));
    await allChunks(
      adapter,
      chatRequest({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'One' },
          { role: 'user', content: '  ' },
          {
            role: 'assistant',
            content: ' ',
            tool_calls: [
              { id: 't1', type: 'function', function: { name: 'exec', arguments: '{"command":"ls"}' } },
              { id: 't2', type: 'function', function: { name: 'exec', arguments: 'not json' } },
            ],
          },
          { role: 'tool', tool_call_id: 't1', content: 'a.txt' },
          { role: 'tool', tool_call_id: 't2', content: 'bad arguments' },
          { role: 'user', content: 'Go on' },
          { role: 'system', content: 'Really.' },
        ],
        tools: [
          {
            type: 'function',
            function: {
              name: 'exec',
              description: 'Runs',
              parameters: { type: 'object', properties: { command: { type: 'string' } } },
            },
          },
        ],
        temperature: 1.7,
        max_tokens: 99,
      }),
    );
    const [seen] = adapter.origin.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/v1/messages' });
    expect(JSON.parse(seen!.body)).toEqual({
      model: 'some-model',
      max_tokens: 99,
      stream: true,
      system: 'Be brief.\n\nReally.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: '(empty)' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 't1', name: 'exec', input: { command: 'ls' } },
            { type: 'tool_use', id: 't2', name: 'exec', input: { invalid_json: 'not json' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'a.txt' },
            { type: 'tool_result', tool_use_id: 't2', content: 'bad arguments' },
            { type: 'text', text: 'Go on' },
          ],
        },
      ],
      tools: [
        {
          name: 'exec',
          description: 'Runs',
          input_schema: { type: 'object', properties: { command: { type: 'string' } } },
        },
      ],
    });
  });

  it('carries the key in x-api-key alone, over an extra header of that name', async () => {
    const adapter = await provider((response) => sendEvents(response, HELLO), {
      extraHeaders: { 'X-Api-Key': 'other', 'x-team': 'blue' },
    });
    await allChunks(adapter);
    const { headers } = adapter.origin.seen[0]!;
    expect(headers).toMatchObject({ 'x-api-key': key, 'x-team': 'blue' });
    // The adapter is written for this version; another one wants its mapping read again.
    expect(headers['anthropic-version']).toBe('2026-10-21');
    expect(headers).not.toHaveProperty('authorization');
  });

  it("takes nothing from the control plane's environment", async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'from-the-environment');
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'from-the-environment');
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:9');
    vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'x-leak: from-the-environment');
    const adapter = await provider((response) => sendEvents(response, HELLO));
    await allChunks(adapter);
    expect(adapter.origin.seen).toHaveLength(1);
    expect(JSON.stringify(adapter.origin.seen[0]!.headers)).not.toContain('from-the-environment');
    const without = await provider((response) => sendEvents(response, HELLO), { apiKey: undefined });
    expect((await failureOf(without)).code).toBe('PROVIDER_MISCONFIGURED');
    expect(without.origin.seen).toEqual([]);
  });

  it('is not sent when the key has characters that no header carries, and the error does not show it', async () => {
    const adapter = await provider((response) => sendEvents(response, HELLO), { apiKey: `${key}\n☀` });
    const failure = await failureOf(adapter);
    expect(failure.code).toBe('PROVIDER_MISCONFIGURED');
    expect(`${JSON.stringify(failure.toBody())}${failure.stack ?? ''}`).not.toContain(key);
    expect(adapter.origin.seen).toEqual([]);
  });
});

describe('Anthropic failing', () => {
  const secretText = `upstream says ${randomUUID()}`;
  const refusals: [number, BrokerErrorCode][] = [
    [307, 'PROVIDER_MISCONFIGURED'],
    [400, 'UPSTREAM_REFUSED'],
    [401, 'PROVIDER_MISCONFIGURED'],
    [404, 'PROVIDER_MISCONFIGURED'],
    [413, 'UPSTREAM_REFUSED'],
    [429, 'UPSTREAM_RATE_LIMITED'],
    [500, 'UPSTREAM_UNREACHABLE'],
    [529, 'UPSTREAM_RATE_LIMITED'],
  ];
  it.each(refusals)('with status %i becomes %s, once, without its text and the key', async (status, code) => {
    const adapter = await provider((response) =>
      refuse(response, status, {
        type: 'error',
        error: { type: 'x', message: `${secretText} ${key}` },
      }),
    );
    const failure = await failureOf(adapter);
    expect(failure.code).toBe(code);
    const shown = JSON.stringify(failure.toBody());
    expect(shown).not.toContain(secretText);
    expect(shown).not.toContain(key);
    expect(adapter.origin.seen).toHaveLength(1);
  });

  it('with 429 and retry-after asks to wait that long', async () => {
    const adapter = await provider((response) => refuse(response, 429, {}, { 'retry-after': '7' }));
    expect((await failureOf(adapter)).retryAfterSeconds).toBe(7);
  });

  it.each([
    [
      'an overload in mid-stream',
      [START, event('error', { error: { type: 'overloaded_error', message: secretText } })],
      'UPSTREAM_RATE_LIMITED',
    ],
    [
      'a failure of the provider in mid-stream',
      [START, event('error', { error: { type: 'api_error', message: secretText } })],
      'UPSTREAM_UNREACHABLE',
    ],
    [
      'another error in mid-stream',
      [START, event('error', { error: { type: 'invalid_request_error', message: secretText } })],
      'UPSTREAM_REFUSED',
    ],
    ['a stream that ends early', HELLO.slice(0, 4), 'UPSTREAM_NONSENSE'],
    ['an empty stream', [], 'UPSTREAM_NONSENSE'],
    ['events that are not JSON', ['event: message_start\ndata: {"type"\n\n'], 'UPSTREAM_NONSENSE'],
    ['a message without usage', [event('message_start', { message: null })], 'UPSTREAM_NONSENSE'],
  ])('with %s is reported by its own code', async (_title, writes, code) => {
    const adapter = await provider((response) => sendEvents(response, writes));
    const failure = await failureOf(adapter);
    expect(failure.code).toBe(code);
    expect(JSON.stringify(failure.toBody())).not.toContain(secretText);
  });

  it('with an HTML page fails before anything is streamed', async () => {
    const adapter = await provider((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>${secretText}</h1>`);
    });
    const stream = adapter.complete({ request: chatRequest(), signal: new AbortController().signal });
    const chunks = stream[Symbol.asyncIterator]();
    await expect(chunks.next()).rejects.toMatchObject({ code: 'UPSTREAM_NONSENSE' });
  });

  it('with a line that never ends is given up before it fills the memory', async () => {
    let sent = 0;
    const adapter = await provider(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${START}data: "`);
      while (!response.destroyed && sent < 64 * 1024 * 1024) {
        sent += 64 * 1024;
        response.write('x'.repeat(64 * 1024));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_NONSENSE');
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it('with a connection cut in mid-answer is unreachable', async () => {
    const adapter = await provider(async (response) => {
      await sendEvents(response, HELLO.slice(0, 4), { end: false });
      response.destroy();
    });
    expect((await failureOf(adapter)).code).toBe('UPSTREAM_UNREACHABLE');
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

  it('stops sending when the worker goes away in mid-stream', async () => {
    const adapter = await provider((response) => sendEvents(response, HELLO.slice(0, 4), { end: false }));
    const controller = new AbortController();
    const stream = adapter.complete({ request: chatRequest(), signal: controller.signal });
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    await chunks.next();
    controller.abort();
    // The SDK ends its stream quietly on abort; what counts is that nothing looks complete.
    await expect(
      (async () => {
        for (let next = await chunks.next(); !next.done; next = await chunks.next());
      })(),
    ).rejects.toMatchObject({ name: 'BrokerError' });
    await adapter.origin.abandoned;
  });
});
