import type { ServerResponse } from 'node:http';
import {
  createGuardedFetch,
  NetworkSecurityPolicy,
  type FetchLimits,
  type GuardedFetch,
} from '@clawforce/policy-net';
import type { ChatCompletionChunk, ChatCompletionRequest } from '@clawforce/protocol';
import { toBrokerError, type BrokerError } from '../broker-error.js';
import type { ProviderAdapter } from '../providers/provider.js';
import { wholeCompletion } from '../whole-completion.js';

/** A small valid request; members override its own. */
export function chatRequest(members: Partial<ChatCompletionRequest> = {}): ChatCompletionRequest {
  return { model: 'some-model', messages: [{ role: 'user', content: 'Hello' }], ...members };
}

/** The guarded fetch of the product, with the one exception that a loopback origin needs. */
export function fetchFor(port: number, limits: Partial<FetchLimits> = {}): GuardedFetch {
  return createGuardedFetch(new NetworkSecurityPolicy({ exceptions: [{ address: '127.0.0.1', port }] }), {
    limits,
  });
}

/** Ways to keep a caller waiting, with the limit that ends each. */
export const SLOW_ANSWERS: readonly (readonly [
  string,
  Partial<FetchLimits>,
  (response: ServerResponse) => void,
])[] = [
  ['says nothing', { headersMs: 100 }, () => undefined],
  ['falls silent', { idleMs: 100 }, (response) => void openEvents(response).write(': ping\n\n')],
  [
    'drips for ever',
    { totalMs: 300 },
    (response) => {
      openEvents(response);
      const drip = setInterval(() => response.write(': ping\n\n'), 10);
      response.once('close', () => clearInterval(drip));
    },
  ],
];

function openEvents(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** Everything that an adapter streams. */
export async function allChunks(
  adapter: ProviderAdapter,
  request: ChatCompletionRequest = chatRequest(),
  signal: AbortSignal = new AbortController().signal,
): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of adapter.complete({ request, signal })) chunks.push(chunk);
  return chunks;
}

/** What the chunks of an adapter add up to. */
export async function answerOf(
  adapter: ProviderAdapter,
  request: ChatCompletionRequest = chatRequest(),
): Promise<{ text: string | null; calls: unknown; finish: unknown; usage: unknown }> {
  const whole = (await wholeCompletion(
    adapter.complete({ request, signal: new AbortController().signal }),
  )) as {
    choices: { finish_reason: unknown; message: { content: string | null; tool_calls?: unknown } }[];
    usage?: unknown;
  };
  const [choice] = whole.choices;
  return {
    text: choice!.message.content,
    calls: choice!.message.tool_calls,
    finish: choice!.finish_reason,
    usage: whole.usage,
  };
}

/** The failure of an adapter as the worker would see it. */
export async function failureOf(
  adapter: ProviderAdapter,
  signal?: AbortSignal,
  request: ChatCompletionRequest = chatRequest(),
): Promise<BrokerError> {
  try {
    await allChunks(adapter, request, signal);
  } catch (error) {
    return toBrokerError(error);
  }
  throw new Error('the adapter answered');
}
