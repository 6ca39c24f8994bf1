import { useState } from 'react';
import type { SessionEntry } from '../../api/api-types.js';

/**
 * Tells screen readers that the agent has answered, once an answer is whole. The conversation itself is no live region:
 * rows appear in it while one scrolls, and every one of them would be read.
 */
export function AnswerStatus({ entries }: { readonly entries: readonly SessionEntry[] }) {
  const last = entries.findLast(({ role, content }) => role === 'assistant' && content !== '');
  const name = last && `${last.turn_id} ${last.time}`;
  const [known] = useState(name);
  return (
    <p role="status" className="visually-hidden">
      {/* The time makes each sentence another one, or it would be said once only. */}
      {last &&
        name !== known &&
        `The agent has answered at ${new Date(last.time).toLocaleTimeString('en-GB')}.`}
    </p>
  );
}
