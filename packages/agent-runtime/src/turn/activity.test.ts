import type { SessionEntry } from '@clawforce/protocol';
import { LINK_LIMITS } from '@clawforce/protocol/link';
import { createMemoryOutbox } from '@clawforce/protocol/link-client';
import { expect, it } from 'vitest';
import { activity, sessionItem } from './activity.js';

const entry = (members: Partial<SessionEntry>): SessionEntry => ({
  role: 'assistant',
  content: '',
  turn_id: 't',
  time: new Date(0).toISOString(),
  ...members,
});
const call = (length: number): { id: string; name: string; arguments: string } => ({
  id: 'c',
  name: 'exec',
  arguments: '\u0001'.repeat(length),
});

it.each([
  ['a content of control characters', entry({ content: '\u0001'.repeat(LINK_LIMITS.textChars) })],
  ['one call with arguments of control characters', entry({ tool_calls: [call(LINK_LIMITS.textChars)] })],
  [
    '128 calls of 4,000 control characters',
    entry({ tool_calls: Array.from({ length: 128 }, () => call(4_000)) }),
  ],
])('a session entry with %s fits into an event of the link', async (_title, long) => {
  const outbox = createMemoryOutbox();
  expect(await outbox.append([sessionItem('s', long)])).toBe(1);
  const [item] = outbox.itemsFrom(1, { maxItems: 1, maxBytes: Infinity });
  expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThanOrEqual(LINK_LIMITS.itemBytes);
});

it('an activity of control characters fits into an event of the link', async () => {
  const content = '\u0001'.repeat(1_000_000);
  const outbox = createMemoryOutbox();
  expect(await outbox.append([activity({ event_type: 'message_sent', content })])).toBe(1);
});
