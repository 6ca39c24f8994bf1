import type { ActivityEvent, SessionEntry } from '@clawforce/protocol';
import { LINK_LIMITS } from '@clawforce/protocol/link';
import type { OutboxEntry } from '@clawforce/protocol/link-client';

/** Gives a text of at most `most` characters that says so when it was cut. */
export function cutText(text: string, most: number, advice = ''): string {
  if (text.length <= most) return text;
  const note = `\n[cut: ${text.length} characters in all${advice}]`;
  return whole(text.slice(0, Math.max(0, most - note.length))) + note;
}

// A cut between the halves of a surrogate pair would leave text that is not Unicode.
function whole(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** Gives an activity event for the outbox, its texts cut to what the link takes. */
export function activity(event: ActivityEvent): OutboxEntry {
  return {
    type: 'activity',
    event: {
      ...event,
      ...(event.content === undefined ? {} : { content: cutText(event.content, LINK_LIMITS.activityChars) }),
      ...(event.tool_name === undefined ? {} : { tool_name: event.tool_name.slice(0, LINK_LIMITS.idChars) }),
    },
  };
}

/** Bytes of one session entry as JSON, with room for what surrounds it in an event. */
const ENTRY_BYTES = LINK_LIMITS.itemBytes - 8 * 1024;

/**
 * Gives a session entry for the outbox. One that is larger than the link takes is cut, arguments of calls first: the
 * conversation has to go on, and the cut is visible.
 */
export function sessionItem(sessionKey: string, entry: SessionEntry): OutboxEntry {
  let fitting = { ...entry, content: cutText(entry.content, LINK_LIMITS.textChars) };
  const long = entry.tool_calls?.some((call) => call.arguments.length > LINK_LIMITS.textChars);
  // Many calls of a moderate length are too much as well.
  for (const most of [4_000, 200]) {
    if (!fitting.tool_calls || !((long && most === 4_000) || bytesOf(fitting) > ENTRY_BYTES)) break;
    fitting = {
      ...fitting,
      tool_calls: fitting.tool_calls.map((call) =>
        call.arguments.length <= most
          ? call
          : { ...call, arguments: JSON.stringify({ cut: `${call.arguments.length} characters` }) },
      ),
    };
  }
  for (
    let most = LINK_LIMITS.textChars;
    bytesOf(fitting) > ENTRY_BYTES && most > 1_000;
    most = Math.floor(most / 2)
  ) {
    fitting = { ...fitting, content: cutText(entry.content, most) };
  }
  return { type: 'session', session_key: sessionKey, entry: fitting };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
