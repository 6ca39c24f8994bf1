import { randomUUID } from 'node:crypto';
import type { ChatCompletionChunk } from '@clawforce/protocol';

type Delta = ChatCompletionChunk['choices'][number]['delta'];
type FinishReason = ChatCompletionChunk['choices'][number]['finish_reason'];

/** Makes the chunks of one completion, all with the same id. */
export interface ChunkFactory {
  delta(delta: Delta): ChatCompletionChunk;
  finish(
    reason: Exclude<FinishReason, null>,
    usage?: { prompt: number; completion: number },
  ): ChatCompletionChunk;
}

/** Gives a factory for the chunks of one completion. */
export function chunkFactory(model: string): ChunkFactory {
  const id = `chatcmpl-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  const chunk = (delta: Delta, reason: FinishReason): ChatCompletionChunk => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  return {
    delta: (delta) => chunk(delta, null),
    finish: (reason, usage) => ({
      ...chunk({}, reason),
      ...(usage
        ? {
            usage: {
              prompt_tokens: usage.prompt,
              completion_tokens: usage.completion,
              total_tokens: usage.prompt + usage.completion,
            },
          }
        : {}),
    }),
  };
}
