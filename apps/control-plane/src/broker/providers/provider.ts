import type { ChatCompletionChunk, ChatCompletionRequest } from '@clawforce/protocol';

/** The fetch of `@clawforce/policy-net`, or a stand-in for tests. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What an adapter is told about one call. */
export interface ProviderCall {
  /** The request, with `model` already reduced to the provider's own model id. */
  readonly request: ChatCompletionRequest;
  readonly signal: AbortSignal;
}

/**
 * One kind of provider: it maps OpenAI-compatible chat completions to the provider's protocol and streams chunks
 * back. Failures are {@link BrokerError}s that carry no text of the upstream.
 */
export interface ProviderAdapter {
  complete(call: ProviderCall): AsyncIterable<ChatCompletionChunk>;
}
