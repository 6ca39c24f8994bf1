import { Link } from '@tanstack/react-router';
import type { Now } from '../api/api-types.js';
import { Badge } from '../components/badge.js';
import { InertText } from '../components/inert-text.js';
import { RelativeTime } from '../components/relative-time.js';
import { VirtualList } from '../components/virtual-list.js';
import styles from './now-page.module.css';

/** What was refused: which agent, by which tool and rule, why, and what would be accepted instead. */
export function RefusalList({ refusals }: { readonly refusals: Now['refusals']['items'] }) {
  return (
    <VirtualList
      label="Refusals"
      items={refusals}
      keyOf={(refusal) => refusal.event_id ?? `${refusal.agent_id} ${refusals.indexOf(refusal)}`}
      estimate={92}
      maxHeight="70dvh"
    >
      {(refusal) => (
        <div className={styles['refusal']}>
          <div className={styles['line']}>
            <Badge tone={refusal.effect === 'ask' ? 'warn' : 'bad'} dot>
              {refusal.effect === 'ask' ? 'Asks' : 'Refused'}
            </Badge>
            <code className={styles['tool']}>
              <InertText text={refusal.tool} limit={200} />
            </code>
            <Link
              to="/agents/$agentId/activity"
              params={{ agentId: refusal.agent_id }}
              search={
                refusal.event_id === undefined ? { only: 'refusals' } : { event: String(refusal.event_id) }
              }
            >
              <InertText text={refusal.agent_name} limit={200} />
            </Link>
            <span className={styles['when']}>
              <RelativeTime value={refusal.time} />
            </span>
          </div>
          <p>
            <InertText text={refusal.reason} limit={400} />
          </p>
          <p className={styles['explain']}>
            <code>
              <InertText text={refusal.rule} limit={200} />
            </code>
            {refusal.hint && (
              <>
                {' '}
                · <InertText text={refusal.hint} limit={400} />
              </>
            )}
          </p>
        </div>
      )}
    </VirtualList>
  );
}
