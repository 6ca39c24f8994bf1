import type { ChatCompletionChunk } from '@clawforce/protocol';
import { createParser } from 'eventsource-parser';
import { BrokerError } from '../broker-error.js';
import { chunkFactory, type ChunkFactory } from './chunk.js';
import type { Fetch, ProviderAdapter, ProviderCall } from './provider.js';
import { requestHeaders } from './request-headers.js';
import { upstreamRefusal } from './upstream-status.js';

/** Settings of one OpenAI-compatible provider. */
export interface OpenAiCompatibleOptions {
  readonly apiBase: string;
  readonly apiKey: string | undefined;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly fetch: Fetch;
}

const MAX_EVENT_CHARS = 1024 * 1024;

/** Gives the adapter for servers that speak OpenAI's chat completions, with streaming or without. */
export function openAiCompatible(options: OpenAiCompatibleOptions): ProviderAdapter {
  const url = `${options.apiBase.replace(/\/+$/, '')}/chat/completions`;
  return { complete: (call) => complete(url, options, call) };
}

async function* complete(
  url: string,
  options: OpenAiCompatibleOptions,
  { request, signal }: ProviderCall,
): AsyncGenerator<ChatCompletionChunk> {
  const ask = (body: object): Promise<Response> =>
    options.fetch(url, {
      method: 'POST',
      signal,
      // Following one would take key and conversation to another place.
      redirect: 'manual',
      headers: requestHeaders(options.extraHeaders, {
        'content-type': 'application/json',
        accept: 'text/event-stream, application/json',
        ...(options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {}),
      }),
      body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    });
  let response = await ask(request);
  const newer = response.status === 400 ? newerSpelling(request) : undefined;
  if (newer) {
    await response.body?.cancel();
    response = await ask(newer);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw upstreamRefusal(response.status, response.headers.get('retry-after'));
  }
  const type = (response.headers.get('content-type') ?? '').toLowerCase();
  if (type.startsWith('application/json')) yield* fromWholeAnswer(request.model, await readJson(response));
  else if (type.startsWith('text/event-stream') && response.body)
    yield* fromEvents(request.model, response.body);
  else {
    await response.body?.cancel();
    throw nonsense(`the content type is ${JSON.stringify(type.slice(0, 80))}`);
  }
}

/**
 * Gives the request as newer models want it: they refuse `max_tokens` and any temperature but their own with a plain 400.
 * Which field it was stands only in the text of the refusal, which is not read; so it is tried once, and only when there
 * is something to change.
 */
function newerSpelling(request: ProviderCall['request']): object | undefined {
  const { max_tokens: maxTokens, temperature, ...rest } = request;
  if (maxTokens === undefined && temperature === undefined) return undefined;
  return { ...rest, ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }) };
}

async function* fromEvents(
  model: string,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ChatCompletionChunk> {
  const events: string[] = [];
  const problems: unknown[] = [];
  const parser = createParser({
    onEvent: ({ data }) => events.push(data),
    onError: (error) => problems.push(error),
  });
  const decoder = new TextDecoder();
  const factory = chunkFactory(model);
  let pending = 0;
  let finished = false;
  let said = false;
  for await (const bytes of body) {
    const text = decoder.decode(bytes, { stream: true });
    parser.feed(text);
    pending = events.length > 0 ? 0 : pending + text.length;
    if (problems.length > 0 || pending > MAX_EVENT_CHARS) throw nonsense('the event stream is malformed');
    for (const data of events.splice(0)) {
      if (data === '[DONE]') {
        if (said) return;
        throw nonsense('the stream carried no answer');
      }
      const chunk = readChunk(factory, data);
      finished ||= chunk.choices.some((choice) => choice.finish_reason !== null);
      said ||= chunk.choices.length > 0;
      yield chunk;
    }
  }
  if (!finished) throw nonsense('the stream ended before the answer was complete');
}

function readChunk(factory: ChunkFactory, data: string): ChatCompletionChunk {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw nonsense('an event is not JSON');
  }
  if (!isRecord(value)) throw nonsense('an event is not an object');
  if ('error' in value) throw streamError(value['error']);
  if (!Array.isArray(value['choices'])) throw nonsense('an event has no choices');
  const first: unknown = value['choices'][0];
  const usage = readUsage(value['usage']);
  if (!isRecord(first)) {
    // With include_usage the last event has no choice and carries the usage alone.
    return { ...factory.delta({}), choices: [], ...(usage ? { usage } : {}) };
  }
  const delta = isRecord(first['delta']) ? first['delta'] : {};
  const reason = readFinish(first['finish_reason']);
  const base = reason === null ? factory.delta(readDelta(delta)) : { ...factory.finish(reason) };
  return {
    ...base,
    id: typeof value['id'] === 'string' ? value['id'].slice(0, 200) : base.id,
    choices: [{ index: 0, delta: readDelta(delta), finish_reason: reason }],
    ...(usage ? { usage } : {}),
  };
}

/** An error event has no status of its own; vLLM and OpenRouter write one into `code`, OpenAI says `server_error`. */
function streamError(error: unknown): BrokerError {
  const { code, type } = isRecord(error) ? error : {};
  if (typeof code === 'number' && code >= 400 && code < 600) return upstreamRefusal(code);
  return type === 'server_error' || code === 'server_error'
    ? upstreamRefusal(500)
    : new BrokerError('UPSTREAM_REFUSED', 'The model provider reported an error in its stream.');
}

type Delta = ChatCompletionChunk['choices'][number]['delta'];

function readDelta(delta: Record<string, unknown>): Delta {
  const calls = Array.isArray(delta['tool_calls']) ? delta['tool_calls'].filter(isRecord) : [];
  return {
    ...(delta['role'] === 'assistant' ? { role: 'assistant' as const } : {}),
    ...(typeof delta['content'] === 'string' ? { content: delta['content'] } : {}),
    ...(calls.length > 0 ? { tool_calls: calls.map(readToolCall) } : {}),
  };
}

function readToolCall(
  call: Record<string, unknown>,
  position: number,
): NonNullable<Delta['tool_calls']>[number] {
  const details = isRecord(call['function']) ? call['function'] : {};
  return {
    index: Number.isSafeInteger(call['index']) ? (call['index'] as number) : position,
    ...(typeof call['id'] === 'string' ? { id: call['id'], type: 'function' as const } : {}),
    function: {
      ...(typeof details['name'] === 'string' ? { name: details['name'] } : {}),
      ...(typeof details['arguments'] === 'string' ? { arguments: details['arguments'] } : {}),
    },
  };
}

function* fromWholeAnswer(model: string, value: unknown): Generator<ChatCompletionChunk> {
  const choice: unknown =
    isRecord(value) && Array.isArray(value['choices']) ? value['choices'][0] : undefined;
  if (!isRecord(value) || !isRecord(choice) || !isRecord(choice['message']))
    throw nonsense('the answer has no message');
  const factory = chunkFactory(model);
  yield factory.delta({ role: 'assistant', ...readDelta(choice['message']) });
  const usage = readUsage(value['usage']);
  yield factory.finish(
    readFinish(choice['finish_reason']) ?? 'stop',
    usage ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens } : undefined,
  );
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw nonsense('the answer is not JSON');
    throw error;
  }
}

function readFinish(value: unknown): ChatCompletionChunk['choices'][number]['finish_reason'] {
  if (value === 'stop' || value === 'length' || value === 'tool_calls' || value === 'content_filter')
    return value;
  return value === null || value === undefined ? null : 'stop';
}

function readUsage(value: unknown): NonNullable<ChatCompletionChunk['usage']> | undefined {
  if (!isRecord(value)) return undefined;
  const count = (key: string): number => (Number.isSafeInteger(value[key]) ? (value[key] as number) : 0);
  const prompt = count('prompt_tokens');
  const completion = count('completion_tokens');
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function nonsense(what: string): BrokerError {
  return new BrokerError('UPSTREAM_NONSENSE', `The model provider answered something unusable: ${what}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
