import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../agents/agent-queries.js';
import { useApi } from '../app/services.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { Panel } from '../components/panel.js';
import { DrillList } from './drill-list.js';
import { drillsQuery } from './drill-queries.js';
import { StartDrill } from './start-drill.js';
import styles from './drill.module.css';

/** Begins drills, and lists the reports of past ones. */
export function DrillsPage() {
  const api = useApi();
  const me = useQuery(meQuery(api));
  const drills = useQuery(drillsQuery(api));
  const latest = drills.data ?? [];
  return (
    <div className="page">
      <PageHeader
        title="Drill"
        note="Attacks, tried for real in a disposable worker: what holds on this host, and what does not."
      />
      <div className={styles['columns']}>
        <Panel title="New drill">
          {me.isPending && <Loading what="your account" />}
          {me.isError && <FailureNotice error={me.error} onRetry={() => void me.refetch()} />}
          {me.data && <StartDrill me={me.data} running={latest.find(({ state }) => state === 'running')} />}
        </Panel>
        <Panel title="Reports" note="The latest 50. Older ones are kept under their address." flush>
          {drills.isPending && <Loading what="the reports" rows={5} />}
          {drills.isError && <FailureNotice error={drills.error} onRetry={() => void drills.refetch()} />}
          {drills.data?.length === 0 && (
            <EmptyState title="There was no drill yet.">
              Run one after the installation, and again after an update of the kernel, the engine or the
              image.
            </EmptyState>
          )}
          {latest.length > 0 && <DrillList drills={latest} />}
        </Panel>
      </div>
    </div>
  );
}
