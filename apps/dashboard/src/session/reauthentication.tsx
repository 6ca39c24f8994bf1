import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import { ApiFailure } from '../api/api-failure.js';
import type { PasswordDialog } from './password-dialog.js';

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
  const [AskedWith, setAskedWith] = useState<typeof PasswordDialog>();
  const settle = useRef<((confirmed: boolean) => void) | undefined>(undefined);

  const ask = useCallback(async () => {
    // Few visits need it, so it is no part of the first load. The server has just answered, so it can be had.
    const loaded = await import('./password-dialog.js');
    return new Promise<boolean>((resolve) => {
      settle.current?.(false);
      settle.current = resolve;
      setAskedWith(() => loaded.PasswordDialog);
    });
  }, []);
  const finish = useCallback((confirmed: boolean) => {
    setAskedWith(undefined);
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
      {AskedWith && <AskedWith onDone={finish} />}
    </ReauthenticationContext>
  );
}
