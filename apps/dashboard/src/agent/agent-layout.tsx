import { useQuery } from '@tanstack/react-query';
import { Outlet, useParams } from '@tanstack/react-router';
import { agentQuery } from '../agents/agent-queries.js';
import { toFailure } from '../api/api-failure.js';
import { AgentActions } from '../agents/agent-actions.js';
import { LevelBadge } from '../agents/level-badge.js';
import { StatusBadge } from '../agents/status-badge.js';
import { useAgentStream } from '../agents/use-agent-stream.js';
import { useApi } from '../app/services.js';
import { FailureNotice } from '../components/failure-notice.js';
import { inertLabel } from '../components/inert-parts.js';
import { InertText } from '../components/inert-text.js';
import { Loading } from '../components/loading.js';
import { Notice } from '../components/notice.js';
import { PageHeader } from '../components/page-header.js';
import { RelativeTime } from '../components/relative-time.js';
import { TabLinks } from '../components/tab-links.js';

const TABS = [
  ['Chat', 'chat'],
  ['Activity', 'activity'],
  ['Workspace', 'workspace'],
  ['Logs', 'logs'],
  ['Settings', 'settings'],
] as const;

/** The head of one agent with its state and actions; its tabs are pages of their own. */
export function AgentLayout() {
  const { agentId } = useParams({ from: '/signed-in/agents/$agentId' });
  const agent = useQuery(agentQuery(useApi(), agentId));
  useAgentStream(agentId);
  const failed = agent.isError && <FailureNotice error={agent.error} onRetry={() => void agent.refetch()} />;
  if (agent.data === undefined) return <div className="page">{failed || <Loading what="the agent" />}</div>;
  // What is on the page stays, for something may be half written there; it only claims nothing about the agent any more.
  const isGone = agent.isError && toFailure(agent.error).code === 'NOT_FOUND';
  const { name, status, level, owner, reason, since } = agent.data;
  return (
    <div className="page">
      <PageHeader
        title={<InertText text={name} />}
        documentTitle={inertLabel(name)}
        note={
          isGone ? (
            'This agent is not there any more.'
          ) : (
            <span className="row">
              <StatusBadge status={status} />
              <LevelBadge level={level} />
              <span>
                {owner ? `Owner ${owner.username}` : 'No owner'} · since <RelativeTime value={since} />
              </span>
            </span>
          )
        }
        actions={!isGone && <AgentActions agent={agent.data} />}
      />
      {failed}
      {status === 'failed' && !isGone && (
        <Notice tone="bad" title="The worker of this agent failed.">
          {reason && (
            <p>
              <InertText text={reason} />
            </p>
          )}
        </Notice>
      )}
      <TabLinks
        label="Agent"
        tabs={TABS.map(([label, path]) => ({ label, to: `/agents/$agentId/${path}`, params: { agentId } }))}
      />
      <Outlet />
    </div>
  );
}
