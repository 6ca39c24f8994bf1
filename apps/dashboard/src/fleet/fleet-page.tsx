import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { agentsQuery, MOST_AGENTS } from '../agents/agent-queries.js';
import { CreateAgentDialog } from '../agents/create-agent-dialog.js';
import { DeleteAgentDialog } from '../agents/delete-agent-dialog.js';
import type { Agent } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { SelectField } from '../components/select-field.js';
import { TextField } from '../components/text-field.js';
import { FleetList } from './fleet-list.js';
import { selectAgents, SORTS, STATUSES } from './select-agents.js';
import styles from './fleet-page.module.css';

/** All agents that the person may see: found, watched, started, stopped, made and removed. */
export function FleetPage() {
  const api = useApi();
  const navigate = useNavigate();
  const search = useSearch({ from: '/signed-in/fleet' });
  const [deleting, setDeleting] = useState<Agent>();
  // What was refused in the last hour grows older by itself.
  const agents = useQuery({ ...agentsQuery(api), refetchInterval: 60_000 });
  const change = (next: Partial<typeof search>): void =>
    void navigate({
      to: '/fleet',
      search: (old) =>
        Object.fromEntries(Object.entries({ ...old, ...next }).filter(([, value]) => value !== '')),
      replace: true,
    });
  const shown = selectAgents(agents.data ?? [], search);
  const create = (
    <Button kind="primary" icon={<Plus aria-hidden="true" />} onPress={() => change({ create: '1' })}>
      New agent
    </Button>
  );
  return (
    <div className="page">
      <PageHeader
        title="Fleet"
        note={agents.data && countWords(agents.data.length, shown.length)}
        actions={create}
      />
      <div className={styles['filters']} role="search">
        <TextField
          label="Find"
          type="search"
          value={search.q ?? ''}
          onChange={(q) => change({ q })}
          placeholder="Name, owner or rule"
        />
        <SelectField
          label="Status"
          value={search.status ?? ''}
          options={STATUSES}
          onChange={(status) => change({ status })}
        />
        <SelectField
          label="Order"
          value={search.sort ?? ''}
          options={SORTS}
          onChange={(sort) => change({ sort })}
        />
      </div>
      {agents.isPending && <Loading what="the agents" rows={6} />}
      {agents.isError && <FailureNotice error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.data?.length === 0 && (
        <EmptyState title="There is no agent yet." action={create}>
          An agent is an identity with a model, a policy and a workspace of its own. It runs in a worker that
          you start and stop here.
        </EmptyState>
      )}
      {agents.data && agents.data.length > 0 && shown.length === 0 && (
        <EmptyState
          title="No agent matches."
          action={<Button onPress={() => change({ q: '', status: '' })}>Show all</Button>}
        />
      )}
      {shown.length > 0 && <FleetList agents={shown} onDelete={setDeleting} />}
      {/* Not in the list: its row may leave the filter while the name is typed, or because the agent stops. */}
      {deleting && <DeleteAgentDialog agent={deleting} onClose={() => setDeleting(undefined)} />}
      <CreateAgentDialog isOpen={search.create !== undefined} onClose={() => change({ create: '' })} />
    </div>
  );
}

function countWords(all: number, shown: number): string {
  const agents =
    all < MOST_AGENTS
      ? `${all} ${all === 1 ? 'agent' : 'agents'}`
      : `the newest ${all.toLocaleString('en')} agents`;
  return shown === all ? agents : `${shown} of ${agents}`;
}
