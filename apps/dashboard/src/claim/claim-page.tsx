import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { placeIssues } from '../api/place-issues.js';
import { EntryFrame } from '../app/entry-frame.js';
import { useServices } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { Notice } from '../components/notice.js';
import { TextField } from '../components/text-field.js';
import { takeToken } from './take-token.js';

const FIELDS = [
  { pointer: '/password', label: 'Password' },
  { pointer: '/token', label: 'One-time link', isShown: false },
];

/** Sets the password of the first superadmin with the one-time link, and signs in with it. */
export function ClaimPage() {
  const { session } = useServices();
  const navigate = useNavigate();
  const [token] = useState(takeToken);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== password;
  const claim = useMutation({
    mutationFn: async () => {
      const username = await session.claim(token ?? '', password);
      // The link is used up from here on, so whatever fails now is for the login page.
      await session.login(username, password).catch(() => undefined);
      await navigate({ to: '/', replace: true });
    },
  });
  const { error } = claim;
  const issues = placeIssues(error, FIELDS);
  if (token === undefined)
    return (
      <EntryFrame title="Set the first password">
        <Notice
          tone="info"
          announce
          title="This page needs the one-time link that the server printed when it started."
        >
          <p>It is in the terminal or the log of the server, and works once.</p>
        </Notice>
      </EntryFrame>
    );
  return (
    <EntryFrame
      title="Set the first password"
      note="Choose the password of the first superadmin. It needs at least 12 characters."
    >
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (password === again) claim.mutate();
        }}
      >
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          error={issues.at('/password')}
          isRequired
          autoFocus
        />
        <TextField
          label="The same again"
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={setAgain}
          isRequired
          error={differs ? 'The two passwords differ.' : undefined}
        />
        {error && <FailureNotice error={error} placed={issues} />}
        <Button kind="primary" type="submit" isPending={claim.isPending}>
          Set the password
        </Button>
      </Form>
    </EntryFrame>
  );
}
