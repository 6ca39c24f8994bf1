import type { Decision, SessionEntry } from '../../api/api-types.js';
import { InertText } from '../../components/inert-text.js';
import { Markdown } from '../../components/markdown.js';
import { RelativeTime } from '../../components/relative-time.js';
import { ToolCall } from './tool-call.js';
import styles from './chat.module.css';

/** One entry of a conversation. Results of tools stand at their call and not on their own. */
export function ConversationEntry({
  entry,
  results,
  decisions,
  openCalls,
  onToggleCall,
}: {
  readonly entry: SessionEntry;
  readonly results: ReadonlyMap<string, SessionEntry>;
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Ids of the calls that are unfolded; kept outside, since an entry out of view does not exist. */
  readonly openCalls: ReadonlySet<string>;
  readonly onToggleCall: (id: string) => void;
}) {
  if (entry.role === 'tool') return null;
  if (entry.role === 'user')
    return (
      <article className={styles['person']} aria-label="Message to the agent">
        <p className={styles['text']}>
          <InertText text={entry.content} />
        </p>
        <RelativeTime value={entry.time} />
      </article>
    );
  return (
    <article className={styles['agent']} aria-label="Answer of the agent">
      {entry.content !== '' && <Markdown text={entry.content} />}
      {entry.tool_calls?.map((call) => (
        <ToolCall
          key={call.id}
          name={call.name}
          argumentsText={call.arguments}
          result={results.get(call.id)}
          decision={decisions.get(call.id)}
          isOpen={openCalls.has(call.id)}
          onToggle={() => onToggleCall(call.id)}
        />
      ))}
      <RelativeTime value={entry.time} />
    </article>
  );
}
