import Anthropic, { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type { ChatCompletionChunk, ChatCompletionRequest, ChatMessage } from '@clawforce/protocol';
import { BrokerError, toBrokerError } from '../broker-error.js';
import { boundLines } from './bound-lines.js';
import { chunkFactory } from './chunk.js';
import type { Fetch, ProviderAdapter, ProviderCall } from './provider.js';
import { requestHeaders } from './request-headers.js';
import { upstreamRefusal } from './upstream-status.js';

/** Settings of one Anthropic provider. */
export interface AnthropicOptions {
  readonly apiBase: string;
  readonly apiKey: string | undefined;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly fetch: Fetch;
}

type MessageParam = Anthropic.MessageParam;
type ContentBlockParam = Anthropic.ContentBlockParam;

/** Gives the adapter that maps chat completions to Anthropic's Messages API through its own SDK. */
export function anthropic(options: AnthropicOptions): ProviderAdapter {
  return { complete: (call) => complete(options, call) };
}

/** What the SDK may put on the wire by itself; it would also take headers from ANTHROPIC_CUSTOM_HEADERS. */
const SDK_HEADERS = /^(accept|content-type|user-agent|anthropic-.+|x-stainless-.+)$/i;

function openClient({ apiBase, extraHeaders, fetch }: AnthropicOptions, apiKey: string): Anthropic {
  const own = requestHeaders(extraHeaders, { 'x-api-key': apiKey });
  return new Anthropic({
    apiKey,
    // An explicit null: the SDK would otherwise look for credentials in the control plane's environment.
    authToken: null,
    baseURL: apiBase.replace(/\/+$/, ''),
    fetch: async (input, init) => {
      const headers = new Headers(own);
      for (const [name, value] of new Headers(init?.headers)) {
        if (SDK_HEADERS.test(name)) headers.set(name, value);
      }
      const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
      // Following a redirect would take key and conversation to another place.
      return boundLines(await fetch(url, { ...(init as RequestInit), headers, redirect: 'manual' }));
    },
    maxRetries: 0,
    logLevel: 'off',
  });
}

async function* complete(
  options: AnthropicOptions,
  { request, signal }: ProviderCall,
): AsyncGenerator<ChatCompletionChunk> {
  if (!options.apiKey) {
    throw new BrokerError(
      'PROVIDER_MISCONFIGURED',
      'This provider has no api_key; set providers.<name>.api_key.',
    );
  }
  const client = openClient(options, options.apiKey);
  const factory = chunkFactory(request.model);
  let prompt = 0;
  let completion = 0;
  let reason: Anthropic.StopReason | null = null;
  let stopped = false;
  const callIndex = new Map<number, number>();
  try {
    const stream = await client.messages.create(toMessagesRequest(request), { signal });
    for await (const event of stream) {
      switch (event.type) {
        case 'message_start':
          prompt = event.message.usage.input_tokens;
          yield factory.delta({ role: 'assistant', content: '' });
          break;
        case 'content_block_start': {
          const block = event.content_block;
          if (block.type !== 'tool_use') break;
          const index = callIndex.size;
          callIndex.set(event.index, index);
          yield factory.delta({
            tool_calls: [
              { index, id: block.id, type: 'function', function: { name: block.name, arguments: '' } },
            ],
          });
          break;
        }
        case 'content_block_delta': {
          if (event.delta.type === 'text_delta') yield factory.delta({ content: event.delta.text });
          const index = callIndex.get(event.index);
          if (event.delta.type === 'input_json_delta' && index !== undefined) {
            yield factory.delta({
              tool_calls: [{ index, function: { arguments: event.delta.partial_json } }],
            });
          }
          break;
        }
        case 'message_delta':
          reason = event.delta.stop_reason;
          completion = event.usage.output_tokens;
          break;
        case 'message_stop':
          stopped = true;
          break;
        default:
          break;
      }
    }
  } catch (error) {
    throw describeFailure(error, signal);
  }
  if (!stopped) {
    throw new BrokerError(
      'UPSTREAM_NONSENSE',
      'The model provider answered something unusable: the stream ended early.',
    );
  }
  yield factory.finish(finishReason(reason), { prompt, completion });
}

function describeFailure(error: unknown, signal: AbortSignal): BrokerError {
  if (signal.aborted)
    return new BrokerError('UPSTREAM_TIMEOUT', 'The request was cancelled or ran out of time.');
  if (error instanceof APIConnectionError) {
    return error.cause === undefined
      ? new BrokerError('UPSTREAM_UNREACHABLE', 'The model provider could not be reached.')
      : toBrokerError(error.cause);
  }
  if (error instanceof APIError) {
    if (typeof error.status === 'number')
      return upstreamRefusal(error.status, (error.headers as Headers | undefined)?.get('retry-after'));
    // An error event has no status; its type says as much (docs.anthropic.com, "Errors").
    if (error.type === 'overloaded_error' || error.type === 'rate_limit_error') return upstreamRefusal(429);
    return error.type === 'api_error' || error.type === 'timeout_error'
      ? upstreamRefusal(500)
      : new BrokerError('UPSTREAM_REFUSED', 'The model provider reported an error in its stream.');
  }
  const known = toBrokerError(error);
  if (known.code !== 'INTERNAL') return known;
  return new BrokerError('UPSTREAM_NONSENSE', 'The model provider answered something unusable.', {
    cause: error,
  });
}

function finishReason(
  reason: Anthropic.StopReason | null,
): 'stop' | 'length' | 'tool_calls' | 'content_filter' {
  if (reason === 'tool_use') return 'tool_calls';
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'length';
  return reason === 'refusal' ? 'content_filter' : 'stop';
}

function toMessagesRequest(request: ChatCompletionRequest): Anthropic.MessageCreateParamsStreaming {
  const system = request.messages
    .filter((message) => message.role === 'system')
    .map((message) => message.content)
    .join('\n\n');
  return {
    model: request.model,
    max_tokens: request.max_tokens ?? 4096,
    stream: true,
    // No temperature: with the API version that the SDK sends (2026-10-21) every sampling parameter is answered by 400.
    ...(system ? { system } : {}),
    messages: toMessages(request.messages),
    ...(request.tools && request.tools.length > 0
      ? {
          tools: request.tools.map(({ function: tool }) => ({
            name: tool.name,
            description: tool.description,
            input_schema: { ...tool.parameters, type: 'object' as const },
          })),
        }
      : {}),
  };
}

/** Maps the conversation; consecutive messages of one side become one, as the Messages API demands. */
function toMessages(messages: readonly ChatMessage[]): MessageParam[] {
  const result: { role: 'user' | 'assistant'; content: ContentBlockParam[] }[] = [];
  const push = (role: 'user' | 'assistant', ...blocks: ContentBlockParam[]): void => {
    const last = result.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else result.push({ role, content: blocks });
  };
  for (const message of messages) {
    switch (message.role) {
      case 'system':
        break;
      case 'user':
        push('user', { type: 'text', text: message.content.trim() ? message.content : '(empty)' });
        break;
      case 'tool':
        push('user', { type: 'tool_result', tool_use_id: message.tool_call_id, content: message.content });
        break;
      case 'assistant': {
        // The Messages API refuses text blocks without visible text.
        const blocks: ContentBlockParam[] = message.content?.trim()
          ? [{ type: 'text', text: message.content }]
          : [];
        for (const call of message.tool_calls ?? []) {
          blocks.push({
            type: 'tool_use',
            id: call.id,
            name: call.function.name,
            input: parseInput(call.function.arguments),
          });
        }
        if (blocks.length > 0) push('assistant', ...blocks);
        break;
      }
    }
  }
  return result;
}

function parseInput(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // The model wrote something that is not JSON; it is shown what it wrote.
  }
  return { invalid_json: text };
}
