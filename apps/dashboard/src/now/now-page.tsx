import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { unwrap, type ApiClient } from '../api/api-client.js';
import type { Now } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { Panel } from '../components/panel.js';
import { RefusalList } from './refusal-list.js';
import { RuleCounts } from './rule-counts.js';
import { troubleCount, TroubledAgents } from './troubled-agents.js';
import { UnsafeSettings } from './unsafe-settings.js';
import styles from './now-page.module.css';

/** What needs a person; frames of the fleet have it read again, see `useFleetStream`. */
function nowQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['now'],
    queryFn: async ({ signal }) => unwrap(await api.GET('/api/now', { signal })),
    refetchInterval: 60_000,
  });
}

/** The start page: what needs me. Agents that failed, what was refused in the last hour, and settings that are not safe. */
export function NowPage() {
  const api = useApi();
  const now = useQuery(nowQuery(api));
  return (
    <div className="page">
      <PageHeader title="Now" note={now.data ? headline(now.data) : 'What needs you'} />
      {now.isPending && <Loading what="what needs you" rows={6} />}
      {now.isError && <FailureNotice error={now.error} onRetry={() => void now.refetch()} />}
      {now.data && <NowContent now={now.data} />}
    </div>
  );
}

function headline(now: Now): string {
  const { refusals, unsafe } = now;
  const trouble = troubleCount(now);
  const words = [
    trouble > 0 ? `${trouble} ${trouble === 1 ? 'agent needs' : 'agents need'} you` : '',
    refusals.total > 0 ? `${refusals.total} refused in the last hour` : '',
    unsafe.length > 0 ? `${unsafe.length} unsafe ${unsafe.length === 1 ? 'setting' : 'settings'}` : '',
  ].filter((word) => word !== '');
  return words.length > 0 ? words.join(' · ') : 'Nothing needs you';
}

function NowContent({ now }: { readonly now: Now }) {
  return (
    <>
      <Counts counts={now.agents} />
      <TroubledAgents now={now} />
      <div className={styles['columns']}>
        <Panel
          title="Refused in the last hour"
          note={
            now.refusals.total > now.refusals.items.length
              ? `The latest ${now.refusals.items.length} of ${now.refusals.total}`
              : undefined
          }
          actions={
            <Link to="/audit" search={{ effect: 'deny' }}>
              All in the audit log
            </Link>
          }
          flush
        >
          {now.refusals.items.length === 0 ? (
            <EmptyState title="Nothing was refused.">
              When a policy stops an agent, the rule, the reason and what would be accepted appear here.
            </EmptyState>
          ) : (
            <RefusalList refusals={now.refusals.items} />
          )}
        </Panel>
        <div className="stack">
          {now.refusals.by_rule.length > 0 && <RuleCounts refusals={now.refusals} />}
          <UnsafeSettings settings={now.unsafe} />
        </div>
      </div>
    </>
  );
}

const COUNTED = [
  ['running', 'Running'],
  ['stopped', 'Stopped'],
  ['failed', 'Failed'],
  ['disconnected', 'Disconnected'],
] as const;

function Counts({ counts }: { readonly counts: Now['agents'] }) {
  return (
    <ul className={styles['counts']} aria-label="Agents by status">
      {COUNTED.map(([status, label]) => (
        <li key={status}>
          <Link
            to="/fleet"
            search={{ status }}
            className={styles['count'] ?? ''}
            data-loud={counts[status] > 0 && (status === 'failed' || status === 'disconnected')}
          >
            <span className={styles['number']}>{counts[status]}</span>
            <span className={styles['label']}>{label}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
