import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { AgentActions } from '../agents/agent-actions.js';
import { StatusBadge } from '../agents/status-badge.js';
import { useFleetStream } from '../agents/use-fleet-stream.js';
import { unwrap, type ApiClient } from '../api/api-client.js';
import type { Agent, Now } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { InertText } from '../components/inert-text.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { Panel } from '../components/panel.js';
import { RelativeTime } from '../components/relative-time.js';
import { RefusalList } from './refusal-list.js';
import styles from './now-page.module.css';
import { useThrottled } from './use-throttled.js';

/** While frames come, the page is read again at most this often. */
const SETTLE_MS = 500;

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
  const queries = useQueryClient();
  const now = useQuery(nowQuery(api));
  useFleetStream(useThrottled(() => void queries.invalidateQueries({ queryKey: ['now'] }), SETTLE_MS));
  return (
    <div className="page">
      <PageHeader title="Now" note={now.data ? headline(now.data) : 'What needs you'} />
      {now.isPending && <Loading what="what needs you" rows={6} />}
      {now.isError && <FailureNotice error={now.error} onRetry={() => void now.refetch()} />}
      {now.data && <NowContent now={now.data} />}
    </div>
  );
}

function headline({ failed, disconnected, refusals, unsafe }: Now): string {
  const trouble = failed.length + disconnected.length;
  const words = [
    trouble > 0 ? `${trouble} ${trouble === 1 ? 'agent needs' : 'agents need'} you` : '',
    refusals.total > 0 ? `${refusals.total} refused in the last hour` : '',
    unsafe.length > 0 ? `${unsafe.length} unsafe ${unsafe.length === 1 ? 'setting' : 'settings'}` : '',
  ].filter((word) => word !== '');
  return words.length > 0 ? words.join(' · ') : 'Nothing needs you';
}

function NowContent({ now }: { readonly now: Now }) {
  const trouble = [...now.failed, ...now.disconnected];
  return (
    <>
      <Counts counts={now.agents} />
      {trouble.length > 0 && (
        <Panel title="Agents that need you" flush>
          <ul>
            {trouble.map((agent) => (
              <TroubledAgent key={agent.id} agent={agent} />
            ))}
          </ul>
        </Panel>
      )}
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
          {now.refusals.by_rule.length > 0 && <RuleCounts rules={now.refusals.by_rule} />}
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

function TroubledAgent({ agent }: { readonly agent: Agent }) {
  return (
    <li className={styles['trouble']}>
      <StatusBadge status={agent.status} />
      <div className={styles['grow']}>
        <Link to="/agents/$agentId/logs" params={{ agentId: agent.id }}>
          <InertText text={agent.name} />
        </Link>{' '}
        <span className="muted">
          <RelativeTime value={agent.since} />
        </span>
        {agent.reason && (
          <p>
            <InertText text={agent.reason} />
          </p>
        )}
      </div>
      <AgentActions agent={agent} size="small" />
    </li>
  );
}

function RuleCounts({ rules }: { readonly rules: Now['refusals']['by_rule'] }) {
  const most = Math.max(...rules.map(({ count }) => count));
  return (
    <Panel title="By rule" flush>
      <ul className={styles['rules']}>
        {rules.slice(0, 12).map(({ rule, count }) => (
          <li key={rule}>
            <Link to="/audit" search={{ rule }} className={styles['rule'] ?? ''}>
              <code>{rule}</code>
              <span>{count}</span>
              <span
                className={styles['bar']}
                style={{ width: `${(100 * count) / most}%` }}
                aria-hidden="true"
              />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function UnsafeSettings({ settings }: { readonly settings: Now['unsafe'] }) {
  return (
    <Panel title="Settings that are not safe" flush>
      {settings.length === 0 ? (
        <EmptyState title="Every setting is at its safe value." />
      ) : (
        <ul>
          {settings.map(
            ({ scope, agent_id: agentId, agent_name: name, setting, consequence, fix }, index) => (
              <li key={index} className={styles['unsafe']}>
                <div className="row">
                  <Badge tone="warn">{scope === 'server' ? 'This server' : 'Agent'}</Badge>
                  {agentId !== undefined && (
                    <Link
                      to="/agents/$agentId/settings"
                      params={{ agentId }}
                      search={{ section: 'security' }}
                    >
                      <InertText text={name ?? agentId} />
                    </Link>
                  )}
                  <code>{setting}</code>
                </div>
                <p>{consequence}</p>
                <p className="muted">{fix}</p>
              </li>
            ),
          )}
        </ul>
      )}
    </Panel>
  );
}
