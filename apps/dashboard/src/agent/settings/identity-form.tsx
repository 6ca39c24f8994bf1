import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { unwrap } from '../../api/api-client.js';
import type { Agent } from '../../api/api-types.js';
import { placeIssues } from '../../api/place-issues.js';
import { meQuery } from '../../agents/agent-queries.js';
import { putAnswer } from '../../agents/use-fleet-stream.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Panel } from '../../components/panel.js';
import { TextField } from '../../components/text-field.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import styles from './settings.module.css';

const FIELDS = [
  { pointer: '/name', label: 'Name' },
  { pointer: '/description', label: 'Description' },
];

/** Changes the name and the description by which people know the agent. */
export function IdentityForm({ agent }: { readonly agent: Agent }) {
  const api = useApi();
  const queries = useQueryClient();
  const me = useQuery(meQuery(api));
  const canChange = me.data?.permissions.includes('agent:update') ?? false;
  const [name, setName] = useState<string>();
  const [description, setDescription] = useState<string>();
  const change = useMutation({
    mutationFn: async (sent: { readonly name?: string; readonly description?: string }) =>
      unwrap(await api.PUT('/api/agents/{id}', { params: { path: { id: agent.id } }, body: sent })),
    onSuccess: (changed, sent) => {
      putAnswer(queries, changed);
      // What was typed while the answer was on its way is another change.
      setName((typed) => (typed === sent.name ? undefined : typed));
      setDescription((typed) => (typed === sent.description ? undefined : typed));
    },
  });
  const isDirty =
    (name !== undefined && name !== agent.name) ||
    (description !== undefined && description !== agent.description);
  const issues = placeIssues(change.error, FIELDS);
  return (
    <Panel title="Name">
      <UnsavedGuard isDirty={isDirty} what="Name" />
      <Form
        className={styles['form'] ?? ''}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isDirty || change.isPending) return;
          change.mutate({
            ...(name === undefined ? {} : { name }),
            ...(description === undefined ? {} : { description }),
          });
        }}
      >
        <TextField
          label="Name"
          value={name ?? agent.name}
          onChange={setName}
          error={issues.at('/name')}
          isDisabled={!canChange}
          isRequired
          autoComplete="off"
        />
        <TextField
          label="Description"
          rows={3}
          value={description ?? agent.description}
          onChange={setDescription}
          error={issues.at('/description')}
          isDisabled={!canChange}
        />
        {change.isError && <FailureNotice error={change.error} placed={issues} />}
        {change.isSuccess && !isDirty && (
          <p className={styles['outcome']} role="status">
            Saved.
          </p>
        )}
        {canChange && (
          <div className="row">
            <Button kind="primary" type="submit" isDisabled={!isDirty} isPending={change.isPending}>
              Save name
            </Button>
          </div>
        )}
      </Form>
    </Panel>
  );
}
