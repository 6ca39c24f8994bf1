import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { unwrap } from '../api/api-client.js';
import { refusalFor } from '../api/api-failure.js';
import { placeIssues } from '../api/place-issues.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { Dialog, DialogActions } from '../components/dialog.js';
import { FailureNotice } from '../components/failure-notice.js';
import { TextField } from '../components/text-field.js';

const FIELDS = [{ pointer: '/password', label: 'Password' }];

/** Asks for the password until the server takes it or the person declines. */
export function PasswordDialog({ onDone }: { readonly onDone: (confirmed: boolean) => void }) {
  const api = useApi();
  const [password, setPassword] = useState('');
  const confirm = useMutation({
    mutationFn: async () => unwrap(await api.POST('/api/auth/reauthenticate', { body: { password } })),
    onSuccess: () => onDone(true),
  });
  const { error } = confirm;
  const issues = placeIssues(error, FIELDS);
  const wrong = refusalFor(error, ['CREDENTIALS_INVALID']);
  return (
    <Dialog title="Confirm with your password" isOpen onClose={() => onDone(false)} alert>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate();
        }}
      >
        <p>This change loosens safety. With your password it is possible for the next five minutes.</p>
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={wrong ?? issues.at('/password')}
          announce={wrong !== undefined}
          isRequired
          autoFocus
        />
        {error && wrong === undefined && <FailureNotice error={error} placed={issues} />}
        <DialogActions>
          <Button onPress={() => onDone(false)}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={confirm.isPending}>
            Confirm
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
