import { queryOptions, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { agentsQuery } from '../agents/agent-queries.js';
import { unwrap, type ApiClient } from '../api/api-client.js';
import { toFailure } from '../api/api-failure.js';
import { placeIssues, type PlacedIssues } from '../api/place-issues.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { DecisionDetails, type ShownDecision } from '../components/decision-details.js';
import { EmptyState } from '../components/empty-state.js';
import { FailureNotice } from '../components/failure-notice.js';
import { inertLabel } from '../components/inert-parts.js';
import { Loading } from '../components/loading.js';
import { PageHeader } from '../components/page-header.js';
import { Panel } from '../components/panel.js';
import { SelectField } from '../components/select-field.js';
import { TextField } from '../components/text-field.js';
import { callOf, KINDS, kindOf } from './tool-kinds.js';
import styles from './playground-page.module.css';

function verdictQuery(api: ApiClient, agentId: string, tool: string, input: string) {
  return queryOptions({
    queryKey: ['verdict', agentId, tool, input],
    queryFn: async ({ signal }) =>
      unwrap(
        await api.POST('/api/agents/{id}/policy/test', {
          params: { path: { id: agentId } },
          body: callOf(tool, input),
          signal,
        }),
      ),
    // The policy may have changed since.
    staleTime: 0,
    gcTime: 0,
  });
}

/** Asks an agent's policy about a command, path or URL without running anything. The question is in the address. */
export function PlaygroundPage() {
  const api = useApi();
  const agents = useQuery(agentsQuery(api));
  return (
    <div className="page">
      <PageHeader
        title="Policy playground"
        note="What would this agent's policy say? Nothing is run; the same code judges as for the agent."
      />
      {agents.isPending && <Loading what="the agents" />}
      {agents.isError && <FailureNotice error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.data?.length === 0 && (
        <EmptyState title="There is no agent whose policy could be asked.">
          Create one on the Fleet page.
        </EmptyState>
      )}
      {agents.data && agents.data.length > 0 && <Question agents={agents.data} />}
    </div>
  );
}

function Question({
  agents,
}: {
  readonly agents: readonly { readonly id: string; readonly name: string }[];
}) {
  const api = useApi();
  const navigate = useNavigate();
  const asked = useSearch({ from: '/signed-in/playground' });
  const [agentId, setAgentId] = useState(asked.agent ?? agents[0]?.id ?? '');
  const [tool, setTool] = useState(kindOf(asked.tool).tool);
  const [input, setInput] = useState(asked.input ?? '');
  const [isEmpty, setEmpty] = useState(false);
  // Back, forward and links lead to another question: the fields follow the verdict that is shown beside them.
  const address = [asked.agent, asked.tool, asked.input].join('\n');
  const [followed, setFollowed] = useState(address);
  if (followed !== address) {
    setFollowed(address);
    setAgentId(asked.agent ?? agents[0]?.id ?? '');
    setTool(kindOf(asked.tool).tool);
    setInput(asked.input ?? '');
    setEmpty(false);
  }
  const kind = kindOf(tool);
  const isListed = agents.some(({ id }) => id === agentId);
  const isKnown = asked.tool === undefined || KINDS.some((known) => known.tool === asked.tool);
  const isAsked =
    isKnown && asked.tool !== undefined && asked.agent !== undefined && (asked.input ?? '') !== '';
  const verdict = useQuery({
    ...verdictQuery(api, asked.agent ?? '', asked.tool ?? '', asked.input ?? ''),
    enabled: isAsked,
  });
  const failure = verdict.isError ? toFailure(verdict.error) : undefined;
  const issues = placeIssues(verdict.error, [
    { pointer: '/tool', label: 'What it would do' },
    { pointer: '/args', label: kind.inputLabel, isWhole: true },
  ]);
  // Both speak of what was typed, whatever place they name: only that can be too large, or no argument of the tool.
  const refusedInput =
    failure?.code === 'PAYLOAD_TOO_LARGE'
      ? failure.message
      : verdict.data?.decision.rule === 'tool.arguments'
        ? verdict.data.decision.reason
        : undefined;
  const type = (text: string): void => {
    setInput(text);
    setEmpty(false);
  };
  const ask = (text: string): void => {
    type(text);
    setEmpty(text === '');
    if (text !== '') void navigate({ to: '/playground', search: { agent: agentId, tool, input: text } });
  };
  return (
    <div className={styles['columns']}>
      <Panel title="Question">
        <Form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            ask(input);
          }}
        >
          <SelectField
            label="Agent"
            value={agentId}
            options={[
              ...agents.map(({ id, name }) => ({ value: id, label: inertLabel(name) })),
              ...(isListed ? [] : [{ value: agentId, label: `${inertLabel(agentId)} (not there)` }]),
            ]}
            error={failure?.code === 'NOT_FOUND' ? failure.message : undefined}
            onChange={setAgentId}
          />
          <SelectField
            label="What it would do"
            value={tool}
            options={KINDS.map((known) => ({ value: known.tool, label: known.label }))}
            error={
              isKnown
                ? issues.at('/tool')
                : 'The address asks for something that is not known here. Choose what is meant.'
            }
            onChange={setTool}
          />
          <TextField
            label={kind.inputLabel}
            value={input}
            onChange={type}
            error={isEmpty ? 'Must not be empty.' : (issues.at('/args') ?? refusedInput)}
            rows={3}
            code
            placeholder={kind.examples[0] ?? ''}
            isRequired
          />
          <div className="row">
            <Button kind="primary" type="submit">
              Judge
            </Button>
          </div>
        </Form>
        <div className={styles['examples']}>
          <h3>Try</h3>
          <ul>
            {kind.examples.map((example) => (
              <li key={example}>
                <Button kind="quiet" size="small" onPress={() => ask(example)}>
                  <code>{example}</code>
                </Button>
              </li>
            ))}
          </ul>
        </div>
      </Panel>
      <Panel title="Verdict">
        {isAsked ? (
          <Verdict verdict={verdict} issues={issues} />
        ) : (
          <EmptyState title="Ask something.">
            The verdict shows each layer in order, the rule that decided and what would be accepted instead.
          </EmptyState>
        )}
      </Panel>
    </div>
  );
}

function Verdict({
  verdict,
  issues,
}: {
  readonly verdict: UseQueryResult<{ readonly decision: ShownDecision; readonly judged_by: string }>;
  readonly issues: PlacedIssues;
}) {
  if (verdict.isPending) return <Loading what="the verdict" />;
  if (verdict.isError)
    return <FailureNotice error={verdict.error} placed={issues} onRetry={() => void verdict.refetch()} />;
  return (
    <div className="stack" aria-live="polite">
      <DecisionDetails decision={verdict.data.decision} />
      <p className="muted">
        {verdict.data.judged_by === 'worker'
          ? 'Judged by the running worker, with the configuration that it confirmed.'
          : 'Judged by the control plane, because the worker does not run. Links in the workspace may change the verdict on a path.'}
      </p>
    </div>
  );
}
