import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Form } from 'react-aria-components';
import { issueAt } from '../api/api-failure.js';
import { EntryFrame } from '../app/entry-frame.js';
import { useServices, useSessionState } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Notice } from '../components/notice.js';
import { TextField } from '../components/text-field.js';
import { safeReturn } from './safe-return.js';

/** Signs in and goes on to where the person wanted to be. */
export function LoginPage() {
  const { session } = useServices();
  const state = useSessionState();
  const search = useSearch({ from: '/login' });
  // The address changes before this page is gone, so the way back is kept from the start.
  const [to] = useState(search.to);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const navigate = useNavigate();
  const isSignedIn = state.kind === 'signed-in';
  useEffect(() => {
    if (isSignedIn) void navigate({ href: safeReturn(to), replace: true });
  }, [isSignedIn, navigate, to]);

  const submit = async (): Promise<void> => {
    setPending(true);
    setError(undefined);
    try {
      await session.login(username, password);
    } catch (failure) {
      setError(failure);
      setPending(false);
    }
  };
  return (
    <EntryFrame title="Sign in">
      {state.kind === 'signed-out' && state.expired && (
        <Notice tone="info" title="Your session has ended.">
          <p>Sign in to come back to where you were.</p>
        </Notice>
      )}
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label="Username"
          name="username"
          autoComplete="username"
          value={username}
          onChange={setUsername}
          error={issueAt(error, '/username')}
          isRequired
          autoFocus
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={issueAt(error, '/password')}
          isRequired
        />
        {error !== undefined && <FailureNotice error={error} hidePointers={['/username', '/password']} />}
        <Button kind="primary" type="submit" isPending={isPending}>
          Sign in
        </Button>
      </Form>
    </EntryFrame>
  );
}
