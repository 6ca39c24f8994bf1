import { Button } from 'react-aria-components';
import type { AuditRow } from '../api/api-types.js';
import { DecisionBadge } from '../components/decision-badge.js';
import { InertText } from '../components/inert-text.js';
import { RelativeTime } from '../components/relative-time.js';
import styles from './audit-page.module.css';
import { agentOf, describeRow } from './describe-row.js';

/** One row of the log; a press opens it in full. */
export function AuditLine({ row, onOpen }: { readonly row: AuditRow; readonly onOpen: () => void }) {
  const { what, who } = describeRow(row);
  return (
    <Button className={styles['line'] ?? ''} onPress={onOpen}>
      <span className={styles['time']}>
        <RelativeTime value={row.time} />
      </span>
      <span className={styles['what']}>
        <span>
          <InertText text={what} limit={300} />
        </span>
        <span className={styles['note']}>
          <InertText text={row.kind.replaceAll('_', ' ')} limit={200} /> · <InertText text={who} />
        </span>
      </span>
      <span className={styles['agent']}>
        <InertText text={agentOf(row)} />
      </span>
      <span className={styles['verdict']}>
        {row.effect && <DecisionBadge effect={row.effect} />}
        {row.rule && (
          <code>
            <InertText text={row.rule} limit={200} />
          </code>
        )}
      </span>
    </Button>
  );
}
