import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AuditRow } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { DecisionDetails } from '../components/decision-details.js';
import { Dialog } from '../components/dialog.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { InertText } from '../components/inert-text.js';
import { Loading } from '../components/loading.js';
import { FullTime } from '../components/relative-time.js';
import { auditRowQuery } from './audit-queries.js';
import styles from './audit-page.module.css';
import { agentOf, decisionOf, describeRow } from './describe-row.js';

/** One row in full: its decision where it has one, and the event as it was hashed. */
export function AuditRowDialog({ seq, onClose }: { readonly seq: number; readonly onClose: () => void }) {
  const row = useQuery(auditRowQuery(useApi(), seq));
  return (
    <Dialog title={`Audit row ${seq}`} isOpen onClose={onClose} wide>
      {row.isPending && <Loading what="the row" />}
      {row.isError && <FailureNotice error={row.error} onRetry={() => void row.refetch()} />}
      {row.data === null && <EmptyState title="There is no such row, or it is not yours to see." />}
      {row.data && <RowContent row={row.data} />}
    </Dialog>
  );
}

function RowContent({ row }: { readonly row: AuditRow }) {
  const decision = decisionOf(row);
  return (
    <>
      {decision && <DecisionDetails decision={decision} />}
      <dl className={styles['facts']}>
        <dt>Time</dt>
        <dd>
          <FullTime value={row.time} />
        </dd>
        <dt>Kind</dt>
        <dd>
          <InertText text={row.kind} limit={200} />
        </dd>
        <dt>Actor</dt>
        <dd>
          <InertText text={describeRow(row).who} />
        </dd>
        {row.agent_id && (
          <>
            <dt>Agent</dt>
            <dd>
              <Link to="/agents/$agentId/activity" params={{ agentId: row.agent_id }}>
                <InertText text={agentOf(row)} />
              </Link>
            </dd>
          </>
        )}
        <dt>Hash</dt>
        <dd>
          <code>{row.hash}</code>
        </dd>
      </dl>
      <div>
        <h3 className={styles['label']}>Event as hashed</h3>
        <InertText block text={JSON.stringify(row.event, null, 2)} />
      </div>
    </>
  );
}
