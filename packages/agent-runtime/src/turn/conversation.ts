import type { ChatMessage, SessionEntry } from '@clawforce/protocol';

/** Content of the result that a call gets when its real one never came. */
const MISSING_RESULT = '[no result: the worker was interrupted before the tool ended]';

/**
 * Gives the part of a session that the model sees, as chat messages: the whole present turn, which begins with the last
 * message of a person, and before it the last `window` entries of history. Never a tool result without its call or a
 * call without its result. A turn cut in its middle would make a model repeat what it has done.
 */
export function conversation(entries: readonly SessionEntry[], window: number): readonly ChatMessage[] {
  const turn = Math.max(
    0,
    entries.findLastIndex(({ role }) => role === 'user'),
  );
  let start = Math.max(0, turn - window);
  // A result belongs to the assistant entry before it: begin after the results that the cut left behind.
  while (start < turn && entries[start]?.role === 'tool') start += 1;
  return toMessages(entries.slice(start));
}

function toMessages(entries: readonly SessionEntry[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let open = new Set<string>();
  const closeOpen = (): void => {
    for (const id of open) messages.push({ role: 'tool', tool_call_id: id, content: MISSING_RESULT });
    open = new Set();
  };
  for (const entry of entries) {
    if (entry.role === 'tool') {
      const id = entry.tool_call_id ?? '';
      if (!open.delete(id)) continue;
      messages.push({ role: 'tool', tool_call_id: id, content: entry.content });
      continue;
    }
    closeOpen();
    if (entry.role === 'user') {
      messages.push({ role: 'user', content: entry.content });
      continue;
    }
    const calls = entry.tool_calls ?? [];
    if (entry.content === '' && calls.length === 0) continue;
    messages.push({
      role: 'assistant',
      content: entry.content === '' ? null : entry.content,
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map(({ id, name, arguments: text }) => ({
              id,
              type: 'function' as const,
              function: { name, arguments: jsonObject(text) },
            })),
          }),
    });
    open = new Set(calls.map(({ id }) => id));
  }
  closeOpen();
  return messages;
}

// Some providers refuse a whole conversation because of one old call whose arguments are not JSON.
function jsonObject(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : '{}';
  } catch {
    return '{}';
  }
}
