import type { Message, SessionEntry } from '../../api/api-types.js';

/** One row of a conversation: what is stored or on its way, or what the agent is writing now. */
export type ConversationRow =
  { readonly key: string; readonly entry: SessionEntry } | { readonly key: string; readonly writing: string };

/**
 * Gives the rows in order. Results of tools stand at their call. The key of a row stays when earlier entries are loaded
 * above it, so that it keeps its place.
 */
export function conversationRows(
  entries: readonly SessionEntry[],
  open: readonly Message[],
  writing: string,
): readonly ConversationRow[] {
  const seen = new Map<string, number>();
  const said = new Set(entries.map(({ content }) => content));
  const stored = entries.flatMap((entry) => {
    if (entry.role === 'tool') return [];
    const name = `${entry.turn_id} ${entry.role} ${entry.time}`;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return [{ key: `${name} ${count}`, entry }];
  });
  const waiting = open
    .filter(({ state, text }) => state === 'queued' || !said.has(text))
    .toReversed()
    .map(({ id, text, created_at: time }): ConversationRow => ({
      key: `message ${id}`,
      entry: { role: 'user', content: text, turn_id: id, time },
    }));
  // For a moment an answer is stored and still on its way: it is one.
  const last = entries.findLast(({ role }) => role !== 'tool');
  const isStored = last?.role === 'assistant' && last.content === writing;
  return [...stored, ...waiting, ...(writing === '' || isStored ? [] : [{ key: 'writing', writing }])];
}

/** Gives what a search in a conversation looks through. */
export function textOfRow(row: ConversationRow, results: ReadonlyMap<string, SessionEntry>): string {
  if ('writing' in row) return row.writing;
  const calls = (row.entry.tool_calls ?? []).flatMap(({ id, name, arguments: text }) => [
    name,
    text,
    results.get(id)?.content ?? '',
  ]);
  return [row.entry.content, ...calls].join('\n');
}
