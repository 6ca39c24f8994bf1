import type { ChatCompletionChunk } from '@clawforce/protocol';

/** Gives the answer to a request without `stream`: the chunks put together as OpenAI's `chat.completion` object. */
export async function wholeCompletion(
  chunks: AsyncIterable<ChatCompletionChunk>,
): Promise<Record<string, unknown>> {
  let id = '';
  let model = '';
  let created = 0;
  let content = '';
  let finish: string | null = null;
  let usage: ChatCompletionChunk['usage'];
  const calls = new Map<
    number,
    { id: string; type: 'function'; function: { name: string; arguments: string } }
  >();
  for await (const chunk of chunks) {
    ({ id, model, created } = chunk);
    usage = chunk.usage ?? usage;
    const choice = chunk.choices[0];
    if (!choice) continue;
    content += choice.delta.content ?? '';
    finish = choice.finish_reason ?? finish;
    for (const part of choice.delta.tool_calls ?? []) {
      const call = calls.get(part.index) ?? {
        id: '',
        type: 'function',
        function: { name: '', arguments: '' },
      };
      call.id ||= part.id ?? '';
      call.function.name += part.function?.name ?? '';
      call.function.arguments += part.function?.arguments ?? '';
      calls.set(part.index, call);
    }
  }
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finish ?? 'stop',
        message: {
          role: 'assistant',
          content: content === '' && calls.size > 0 ? null : content,
          ...(calls.size > 0 ? { tool_calls: [...calls.values()] } : {}),
        },
      },
    ],
    ...(usage ? { usage } : {}),
  };
}
