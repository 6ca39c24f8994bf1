import { ChevronRight } from 'lucide-react';
import type { Decision, SessionEntry } from '../../api/api-types.js';
import { Badge } from '../../components/badge.js';
import { DecisionBadge } from '../../components/decision-badge.js';
import { DecisionDetails } from '../../components/decision-details.js';
import { InertText } from '../../components/inert-text.js';
import styles from './chat.module.css';

/** One tool call of an agent with the verdict on it; opens to arguments, decision and result. */
export function ToolCall({
  name,
  argumentsText,
  result,
  decision,
  isOpen,
  onToggle,
}: {
  readonly name: string;
  readonly argumentsText: string;
  readonly result: SessionEntry | undefined;
  readonly decision: Decision | undefined;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <div className={styles['call']}>
      <button type="button" className={styles['callHead']} aria-expanded={isOpen} onClick={onToggle}>
        <ChevronRight aria-hidden="true" className={isOpen ? styles['turned'] : undefined} />
        <code className={styles['tool']}>
          <InertText text={name} limit={80} />
        </code>
        <span className={styles['arguments']}>
          <InertText text={summaryOf(argumentsText)} limit={160} />
        </span>
        <Verdict decision={decision} result={result} />
      </button>
      {isOpen && (
        <div className={styles['callBody']}>
          {decision && <DecisionDetails decision={decision} />}
          <h3>Arguments</h3>
          <InertText block text={argumentsText} limit={8_000} />
          {result && (
            <>
              <h3>Result</h3>
              <InertText block text={result.content === '' ? '(empty)' : result.content} />
            </>
          )}
        </div>
      )}
    </div>
  );
}

function Verdict({
  decision,
  result,
}: {
  readonly decision: Decision | undefined;
  readonly result: SessionEntry | undefined;
}) {
  if (decision) return <DecisionBadge effect={decision.effect} />;
  // A refused call has a result too, so a result alone says nothing of the verdict.
  return result ? <Badge>Verdict not loaded</Badge> : <Badge tone="busy">Running</Badge>;
}

/** The argument that says most: the command, path or URL alone; else the whole text. */
function summaryOf(argumentsText: string): string {
  try {
    const parsed = JSON.parse(argumentsText) as Record<string, unknown>;
    for (const key of ['command', 'path', 'url', 'content']) {
      const value = parsed[key];
      if (typeof value === 'string') return value;
    }
  } catch {
    // Not JSON, which is the agent's affair; the text itself is shown.
  }
  return argumentsText;
}
