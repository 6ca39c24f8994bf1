import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { unwrap } from '../api/api-client.js';
import { placeIssues } from '../api/place-issues.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Notice } from '../components/notice.js';
import { Panel } from '../components/panel.js';
import { TextField } from '../components/text-field.js';

const FIELDS = [
  { pointer: '/current_password', label: 'Present password' },
  { pointer: '/new_password', label: 'New password' },
];
const EMPTY = { current: '', next: '', again: '' };

/** Changes the password; every other session ends with it. */
export function PasswordForm() {
  const api = useApi();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(EMPTY);
  const change = useMutation({
    mutationFn: async () =>
      unwrap(
        await api.POST('/api/auth/change-password', {
          body: { current_password: typed.current, new_password: typed.next },
        }),
      ),
    onSuccess: () => {
      setTyped(EMPTY);
      void queries.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
  const issues = placeIssues(change.error, FIELDS);
  const differs = typed.again !== '' && typed.again !== typed.next;
  const set = (name: keyof typeof EMPTY) => (value: string) => {
    if (change.isSuccess) change.reset();
    setTyped((old) => ({ ...old, [name]: value }));
  };
  return (
    <Panel title="Password">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.next === typed.again) change.mutate();
        }}
      >
        <TextField
          label="Present password"
          type="password"
          autoComplete="current-password"
          value={typed.current}
          onChange={set('current')}
          error={issues.at('/current_password')}
          isRequired
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          description="At least 12 characters. Every other session ends."
          value={typed.next}
          onChange={set('next')}
          error={issues.at('/new_password')}
          isRequired
        />
        <TextField
          label="The new one again"
          type="password"
          autoComplete="new-password"
          value={typed.again}
          onChange={set('again')}
          error={differs ? 'The two passwords differ.' : undefined}
          isRequired
        />
        {change.isError && <FailureNotice error={change.error} placed={issues} />}
        {change.isSuccess && (
          <Notice
            tone="info"
            announce
            title={`The password is changed; ${change.data.sessions_ended === 1 ? '1 other session' : `${change.data.sessions_ended} other sessions`} ended.`}
          />
        )}
        <div className="row">
          <Button type="submit" isPending={change.isPending}>
            Change password
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
