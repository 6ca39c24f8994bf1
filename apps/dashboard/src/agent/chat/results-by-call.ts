import type { SessionEntry } from '../../api/api-types.js';

/** Gives the results of tool calls by the id of the call. Names such as `__proto__` are ordinary ids here. */
export function resultsByCall(entries: readonly SessionEntry[]): ReadonlyMap<string, SessionEntry> {
  const results = new Map<string, SessionEntry>();
  for (const entry of entries)
    if (entry.role === 'tool' && entry.tool_call_id !== undefined) results.set(entry.tool_call_id, entry);
  return results;
}
