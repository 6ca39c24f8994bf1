import { useState } from 'react';
import { Form } from 'react-aria-components';
import { issueAt } from '../api/api-failure.js';
import { useServices } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { TextField } from '../components/text-field.js';

/** Asks for name and password, and signs in; whoever shows it sees by the state of the session that it has worked. */
export function SignInForm() {
  const { session } = useServices();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();

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
  );
}
