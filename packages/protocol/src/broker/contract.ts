import type { Decision } from '@clawforce/policy-core';

/** File names in an agent's socket directory (ARCHITECTURE section 3). */
export const SOCKET_NAMES = Object.freeze({
  link: 'link.sock',
  broker: 'broker.sock',
  egress: 'egress.sock',
  join: 'join',
});

/** Routes of the broker. Every request carries `Authorization: Bearer <resume secret>`. */
export const BROKER_ROUTES = Object.freeze({
  /** OpenAI-compatible chat completions, streaming with `stream: true` (server-sent events, ends with `[DONE]`). */
  chatCompletions: '/v1/chat/completions',
  /** Takes {@link WebFetchRequest}; answers the body as it streams, with {@link WEB_HEADERS}. */
  webFetch: '/v1/web/fetch',
});

/** Response headers of a web fetch that reached its origin. */
export const WEB_HEADERS = Object.freeze({
  /** Status code of the origin. */
  status: 'x-clawforce-status',
  /** Final URL after judged redirects. */
  url: 'x-clawforce-url',
});

/** Media types of the pages that a web fetch answers, as patterns; others are refused at their head. */
export const WEB_MEDIA_TYPES: readonly string[] = Object.freeze([
  ...['text/*', 'application/json', 'application/*+json', 'application/xml', 'application/*+xml'],
  ...['application/javascript', 'application/x-ndjson', 'application/yaml'],
]);

/** Body of a web fetch. */
export interface WebFetchRequest {
  readonly url: string;
  /** Most decoded bytes wanted; the broker has its own cap. */
  readonly max_bytes?: number;
}

/** Every refusal and failure of the broker, in OpenAI's error shape. */
export interface BrokerErrorBody {
  readonly error: {
    /** A sentence for a person (and the model). Never a secret, never an upstream's raw text. */
    readonly message: string;
    readonly type:
      | 'policy_denied'
      | 'invalid_request'
      | 'authentication'
      | 'rate_limited'
      | 'upstream'
      | 'timeout'
      | 'internal';
    readonly code: string;
    /** Present with `policy_denied`. */
    readonly decision?: Decision;
    readonly retry_after_s?: number;
  };
}

/** A chat message as the worker sends it. */
export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly tool_calls?: readonly ChatToolCall[];
    }
  | { readonly role: 'tool'; readonly content: string; readonly tool_call_id: string };

/** A tool call in OpenAI's shape. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A tool offered to the model. */
export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

/** Body of a chat completion, the subset of OpenAI's API that the worker uses. */
export interface ChatCompletionRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[];
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly stream?: boolean;
}

/** One server-sent chunk of a streamed completion. */
export interface ChatCompletionChunk {
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: {
      readonly role?: 'assistant';
      readonly content?: string | null;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly type?: 'function';
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly finish_reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  } | null;
}
