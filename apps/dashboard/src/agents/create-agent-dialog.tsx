import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { unwrap } from '../api/api-client.js';
import { placeIssues } from '../api/place-issues.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { Dialog, DialogActions } from '../components/dialog.js';
import { FailureNotice } from '../components/failure-notice.js';
import { TextField } from '../components/text-field.js';
import { runtimeQuery } from './agent-queries.js';
import { putAnswer } from './use-fleet-stream.js';

const FIELDS = [
  { pointer: '/name', label: 'Name' },
  { pointer: '/description', label: 'Description' },
];

/** Creates an agent that belongs to the person, and opens its settings. */
export function CreateAgentDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const runtime = useQuery(runtimeQuery(api));
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const create = useMutation({
    mutationFn: async () => {
      const backend = runtime.data?.backend;
      return unwrap(
        await api.POST('/api/agents', {
          body: {
            name: name.trim(),
            ...(description.trim() === '' ? {} : { description: description.trim() }),
            ...(backend === 'process' || backend === 'docker' ? { mode: backend } : {}),
          },
        }),
      );
    },
    onSuccess: (agent) => {
      putAnswer(queries, agent);
      close();
      void navigate({
        to: '/agents/$agentId/settings',
        params: { agentId: agent.id },
        search: { section: 'model' },
      });
    },
  });
  const issues = placeIssues(create.error, FIELDS);
  const close = (): void => {
    setName('');
    setDescription('');
    create.reset();
    onClose();
  };
  return (
    <Dialog title="New agent" isOpen={isOpen} onClose={close}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          error={issues.at('/name')}
          isRequired
          autoFocus
        />
        <TextField
          label="Description"
          description="What it is for. Only people read this."
          value={description}
          onChange={setDescription}
          error={issues.at('/description')}
          rows={2}
        />
        <p className="muted">
          It starts at level Standard and stopped. Give it a model in its settings, then start it.
        </p>
        {runtime.isError && <FailureNotice error={runtime.error} onRetry={() => void runtime.refetch()} />}
        {create.isError && <FailureNotice error={create.error} placed={issues} />}
        <DialogActions>
          <Button onPress={close}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={create.isPending}>
            Create agent
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
