import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { agentsQuery, runtimeQuery } from '../agents/agent-queries.js';
import { LEVEL_NAMES } from '../agents/level-badge.js';
import { unwrap } from '../api/api-client.js';
import { placeIssues } from '../api/place-issues.js';
import type { Drill, Me } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { inertLabel } from '../components/inert-parts.js';
import { Loading } from '../components/loading.js';
import { Notice } from '../components/notice.js';
import { SelectField } from '../components/select-field.js';
import { drillQuery, drillsQuery } from './drill-queries.js';

type Level = 'permissive' | 'sandboxed' | 'privileged';

const LEVELS: readonly Level[] = ['sandboxed', 'permissive', 'privileged'];
const FIELDS = [
  { pointer: '/agent_id', label: 'Agent' },
  { pointer: '/level', label: 'Level' },
];

/** Asks whose isolation is tried, and begins. Who may do what is the server's to say; what it refuses is shown here. */
export function StartDrill({ me, running }: { readonly me: Me; readonly running: Drill | undefined }) {
  const agents = useQuery(agentsQuery(useApi()));
  if (!me.permissions.includes('drill:run'))
    return <p className="muted">Your role may read the reports and not run drills.</p>;
  const failed = agents.isError && (
    <FailureNotice error={agents.error} onRetry={() => void agents.refetch()} />
  );
  if (agents.data === undefined) return failed || <Loading what="the agents" />;
  const isSuperadmin = me.role === 'superadmin';
  if (!isSuperadmin && agents.data.length === 0)
    return (
      <EmptyState title="There is no agent of yours to try.">
        Only a superadmin drills a level without an agent.
      </EmptyState>
    );
  return (
    <>
      {failed}
      {running && (
        <Notice tone="info" title="A drill is running; one runs at a time.">
          <p>
            <Link to="/drill/$drillId" params={{ drillId: running.id }}>
              Watch it
            </Link>
          </p>
        </Notice>
      )}
      <Choice agents={agents.data} isSuperadmin={isSuperadmin} />
    </>
  );
}

function Choice({
  agents,
  isSuperadmin,
}: {
  readonly agents: readonly { readonly id: string; readonly name: string }[];
  readonly isSuperadmin: boolean;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const asked = useSearch({ from: '/signed-in/drill' });
  const runtime = useQuery(runtimeQuery(api));
  const [agentId, setAgentId] = useState(asked.agent ?? (isSuperadmin ? '' : (agents[0]?.id ?? '')));
  const [chosen, setLevel] = useState(LEVELS.find((level) => level === asked.level));
  const level = chosen ?? (agentId === '' ? 'permissive' : undefined);
  const begin = useMutation({
    mutationFn: async () =>
      unwrap(
        await api.POST('/api/drills', {
          body: {
            ...(agentId === '' ? {} : { agent_id: agentId }),
            ...(level === undefined ? {} : { level }),
          },
        }),
      ),
    onSuccess: (drill) => {
      queries.setQueryData(drillQuery(api, drill.id).queryKey, drill);
      void navigate({ to: '/drill/$drillId', params: { drillId: drill.id } });
    },
    // Also when it was refused: another one may have begun meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: drillsQuery(api).queryKey }),
  });
  const issues = placeIssues(begin.error, FIELDS);
  const startable = runtime.data?.levels;
  const isStartable = level === undefined || startable === undefined || startable.includes(level);
  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!begin.isPending) begin.mutate();
      }}
    >
      <SelectField
        label="Agent"
        value={agentId}
        options={[
          ...(isSuperadmin ? [{ value: '', label: 'None: the level by itself' }] : []),
          ...agents.map(({ id, name }) => ({ value: id, label: inertLabel(name) })),
        ]}
        error={issues.at('/agent_id')}
        onChange={setAgentId}
        description="A disposable agent with its isolation and policy is tried, without its keys and files; the agent itself is left alone."
      />
      <SelectField
        label="Level"
        value={level ?? ''}
        options={[
          ...(agentId === '' ? [] : [{ value: '', label: 'As the agent has it' }]),
          ...LEVELS.map((known) => ({ value: known, label: LEVEL_NAMES[known] ?? known })),
        ]}
        error={issues.at('/level')}
        onChange={(value) => setLevel(LEVELS.find((known) => known === value))}
        description={
          isStartable
            ? 'More than the agent may have is for superadmins.'
            : 'This server does not start this level; the drill will fail and say why.'
        }
      />
      {runtime.isError && <FailureNotice error={runtime.error} onRetry={() => void runtime.refetch()} />}
      {runtime.data?.backend === 'process' && (
        <Notice tone="warn" title="Here the drill fails.">
          <p>
            This server runs workers as plain processes. What only a container can hold is not run on the
            host; all of it counts as failed.
          </p>
        </Notice>
      )}
      {begin.isError && <FailureNotice error={begin.error} placed={issues} />}
      <div className="row">
        <Button kind="primary" type="submit" isPending={begin.isPending}>
          Run the drill
        </Button>
      </div>
    </Form>
  );
}
