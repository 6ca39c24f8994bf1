import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { placeIssues } from '../api/place-issues.js';
import { useServices } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { TextField } from '../components/text-field.js';

const FIELDS = [
  { pointer: '/username', label: 'Username' },
  { pointer: '/password', label: 'Password' },
];

/** Asks for name and password, and signs in; whoever shows it sees by the state of the session that it has worked. */
export function SignInForm() {
  const { session } = useServices();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({ mutationFn: () => session.login(username, password) });
  const { error } = signIn;
  const issues = placeIssues(error, FIELDS);
  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate();
      }}
    >
      <TextField
        label="Username"
        name="username"
        autoComplete="username"
        value={username}
        onChange={setUsername}
        error={issues.at('/username')}
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
        error={issues.at('/password')}
        isRequired
      />
      {error && <FailureNotice error={error} placed={issues} />}
      <Button kind="primary" type="submit" isPending={signIn.isPending}>
        Sign in
      </Button>
    </Form>
  );
}
