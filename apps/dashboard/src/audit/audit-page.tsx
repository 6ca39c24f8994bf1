import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { meQuery } from '../agents/agent-queries.js';
import { placeIssues } from '../api/place-issues.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { inertString } from '../components/inert-parts.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { Panel } from '../components/panel.js';
import { VirtualList } from '../components/virtual-list.js';
import { AuditExport } from './audit-export.js';
import { AuditFilters, FILTER_FIELDS } from './audit-filters.js';
import { AuditLine } from './audit-line.js';
import { auditRowsQuery } from './audit-queries.js';
import { AuditRowDialog } from './audit-row-dialog.js';
import { ChainState } from './chain-state.js';
import { describeRow } from './describe-row.js';
import styles from './audit-page.module.css';

/** The audit log: found by actor, agent, verdict, rule and time, read in full, verified and exported. */
export function AuditPage() {
  const api = useApi();
  const navigate = useNavigate();
  const search = useSearch({ from: '/signed-in/audit' });
  const { row, ...filter } = search;
  const found = useInfiniteQuery(auditRowsQuery(api, filter));
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const issues = placeIssues(found.error, FILTER_FIELDS);
  const me = useQuery(meQuery(api));
  const actors = [
    ...new Set([
      ...(me.data ? [me.data.username] : []),
      'model',
      ...rows.map((found) => describeRow(found).who),
    ]),
  ].filter((name) => name.length <= 100 && inertString(name) === name);
  const change = (next: Partial<typeof search>): void =>
    void navigate({
      to: '/audit',
      search: (old) =>
        Object.fromEntries(Object.entries({ ...old, ...next }).filter(([, value]) => value !== '')),
      replace: next.row === undefined,
    });
  return (
    <div className="page">
      <PageHeader
        title="Audit"
        note="Every decision, sign-in and change, in a chain in which no row can be altered unseen."
        actions={
          <>
            <ChainState />
            <AuditExport search={filter} />
          </>
        }
      />
      <AuditFilters search={filter} actors={actors} issues={issues} onChange={change} />
      {found.isPending && <Loading what="the audit log" rows={8} />}
      {found.isError && (
        <FailureNotice error={found.error} placed={issues} onRetry={() => void found.refetch()} />
      )}
      {found.isSuccess && rows.length === 0 && (
        <EmptyState
          title="No row matches."
          action={<Button onPress={() => void navigate({ to: '/audit' })}>Show all rows</Button>}
        />
      )}
      {rows.length > 0 && (
        <Panel flush>
          <div className={styles['head']} aria-hidden="true">
            <span>Time</span>
            <span>Event</span>
            <span>Agent</span>
            <span>Verdict</span>
          </div>
          <VirtualList
            label="Audit rows"
            items={rows}
            keyOf={({ seq }) => seq}
            estimate={45}
            maxHeight="max(20rem, calc(100dvh - 21.5rem))"
            onEndReached={() => {
              if (found.hasNextPage && !found.isFetching) void found.fetchNextPage();
            }}
          >
            {(item) => <AuditLine row={item} onOpen={() => change({ row: String(item.seq) })} />}
          </VirtualList>
          <p className={styles['foot']} role="status">
            {rows.length === 1 ? '1 row' : `${rows.length} rows`}
            {found.hasNextPage ? ', more while you scroll' : ''}
          </p>
        </Panel>
      )}
      {row !== undefined && <AuditRowDialog seq={Number(row)} onClose={() => change({ row: '' })} />}
    </div>
  );
}
