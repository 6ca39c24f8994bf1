import { Link } from '@tanstack/react-router';
import { AgentActions } from '../agents/agent-actions.js';
import { StatusBadge } from '../agents/status-badge.js';
import type { Agent, Now } from '../api/api-types.js';
import { InertText } from '../components/inert-text.js';
import { Panel } from '../components/panel.js';
import { RelativeTime } from '../components/relative-time.js';
import { VirtualList } from '../components/virtual-list.js';
import styles from './now-page.module.css';

/** How many agents failed or are disconnected, listed or not. */
export function troubleCount({ agents }: Pick<Now, 'agents'>): number {
  return agents.failed + agents.disconnected;
}

/** Agents that failed or are disconnected. Where the server lists fewer than there are, the panel says so and leads to all. */
export function TroubledAgents({ now }: { readonly now: Now }) {
  const listed = [...now.failed, ...now.disconnected];
  const all = troubleCount(now);
  if (all === 0 && listed.length === 0) return null;
  return (
    <Panel
      title="Agents that need you"
      note={all > listed.length ? `${listed.length} of ${all} are listed here` : undefined}
      actions={
        <>
          {(['failed', 'disconnected'] as const).map(
            (status) =>
              now.agents[status] > now[status].length && (
                <Link key={status} to="/fleet" search={{ status }}>
                  All {now.agents[status]} {status}
                </Link>
              ),
          )}
        </>
      }
      flush
    >
      <VirtualList
        label="Agents that need you"
        items={listed}
        keyOf={({ id }) => id}
        estimate={64}
        maxHeight="max(16rem, 40dvh)"
      >
        {(agent) => <TroubledAgent agent={agent} />}
      </VirtualList>
    </Panel>
  );
}

function TroubledAgent({ agent }: { readonly agent: Agent }) {
  return (
    <div className={styles['trouble']}>
      <StatusBadge status={agent.status} />
      <div className={styles['grow']}>
        <Link to="/agents/$agentId/logs" params={{ agentId: agent.id }}>
          <InertText text={agent.name} limit={200} />
        </Link>{' '}
        <span className="muted">
          <RelativeTime value={agent.since} />
        </span>
        {agent.reason && (
          <p>
            <InertText text={agent.reason} limit={400} />
          </p>
        )}
      </div>
      <AgentActions agent={agent} size="small" />
    </div>
  );
}
