import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { ApiFailure, issueAt } from '../api/api-failure.js';
import { unwrap } from '../api/api-client.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { Dialog, DialogActions } from '../components/dialog.js';
import { FailureNotice } from '../components/failure-notice.js';
import { TextField } from '../components/text-field.js';

/** The person closed the password dialog, so nothing was changed. */
export class ReauthenticationCancelled extends ApiFailure {
  constructor() {
    super('Nothing was changed.', {
      code: 'REAUTHENTICATION_REQUIRED',
      status: 0,
      fix: 'This change loosens safety; it needs your password.',
    });
  }
}

type WithPassword = <T>(task: () => Promise<T>) => Promise<T>;

const ReauthenticationContext = createContext<WithPassword | undefined>(undefined);

/**
 * Gives a function that runs a change, asks for the password when the server wants it again, and then runs the change
 * once more. @throws ReauthenticationCancelled when the person declines.
 */
export function useReauthentication(): WithPassword {
  const value = useContext(ReauthenticationContext);
  if (!value) throw new TypeError('there is no ReauthenticationProvider above this component');
  return value;
}

/** Holds the password dialog. */
export function ReauthenticationProvider({ children }: { readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const settle = useRef<((confirmed: boolean) => void) | undefined>(undefined);

  const ask = useCallback(
    () =>
      new Promise<boolean>((resolve) => {
        settle.current?.(false);
        settle.current = resolve;
        setOpen(true);
      }),
    [],
  );
  const finish = useCallback((confirmed: boolean) => {
    setOpen(false);
    settle.current?.(confirmed);
    settle.current = undefined;
  }, []);
  const run = useMemo<WithPassword>(
    () => async (task) => {
      try {
        return await task();
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.code !== 'REAUTHENTICATION_REQUIRED') throw error;
        if (!(await ask())) throw new ReauthenticationCancelled();
        return task();
      }
    },
    [ask],
  );
  return (
    <ReauthenticationContext value={run}>
      {children}
      {isOpen && <PasswordDialog onDone={finish} />}
    </ReauthenticationContext>
  );
}

function PasswordDialog({ onDone }: { readonly onDone: (confirmed: boolean) => void }) {
  const api = useApi();
  const [password, setPassword] = useState('');
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();

  const submit = async (): Promise<void> => {
    setPending(true);
    setError(undefined);
    try {
      unwrap(await api.POST('/api/auth/reauthenticate', { body: { password } }));
      onDone(true);
    } catch (failure) {
      setError(failure);
      setPending(false);
    }
  };
  return (
    <Dialog title="Confirm with your password" isOpen onClose={() => onDone(false)} alert>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>This change loosens safety. With your password it is possible for the next five minutes.</p>
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={issueAt(error, '/password')}
          isRequired
          autoFocus
        />
        {error !== undefined && <FailureNotice error={error} hidePointers={['/password']} />}
        <DialogActions>
          <Button onPress={() => onDone(false)}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={isPending}>
            Confirm
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
