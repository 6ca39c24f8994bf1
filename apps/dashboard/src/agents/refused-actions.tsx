import { createContext, useCallback, useContext, useState, type ReactNode } from 'react';
import type { Agent } from '../api/api-types.js';
import { Dialog } from '../components/dialog.js';
import { FailureNotice } from '../components/failure-notice.js';
import { inertLabel } from '../components/inert-parts.js';

/** A start or stop that the server refused. */
export interface RefusedAction {
  readonly action: 'start' | 'stop';
  readonly agent: Agent;
  readonly error: unknown;
}

const RefusedActionContext = createContext<((refused: RefusedAction) => void) | undefined>(undefined);

/** Says why actions were refused, one after the other. It stands above all pages: the row with the button may be gone by then. */
export function RefusedActions({ children }: { readonly children: ReactNode }) {
  const [waiting, setWaiting] = useState<readonly RefusedAction[]>([]);
  // Each its own dialog: what closes one does not close the next.
  const [closed, setClosed] = useState(0);
  const tell = useCallback((one: RefusedAction) => setWaiting((all) => [...all, one]), []);
  const [refused] = waiting;
  return (
    <RefusedActionContext value={tell}>
      {children}
      {refused && (
        <Dialog
          key={closed}
          title={`${refused.action === 'start' ? 'Start' : 'Stop'} of ${inertLabel(refused.agent.name)} failed`}
          isOpen
          onClose={() => {
            setWaiting((all) => all.filter((one) => one !== refused));
            setClosed(closed + 1);
          }}
        >
          <FailureNotice error={refused.error} />
        </Dialog>
      )}
    </RefusedActionContext>
  );
}

/** Gives what tells the person of a refused action. */
export function useTellRefused(): (refused: RefusedAction) => void {
  const tell = useContext(RefusedActionContext);
  if (!tell) throw new TypeError('there is no RefusedActions above this component');
  return tell;
}
