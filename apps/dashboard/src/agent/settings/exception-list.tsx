import { useState } from 'react';
import { Form } from 'react-aria-components';
import { placeIssues } from '../../api/place-issues.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { inertString } from '../../components/inert-parts.js';
import { Notice } from '../../components/notice.js';
import { Panel } from '../../components/panel.js';
import { TextField } from '../../components/text-field.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import { patchAt } from './config-patch.js';
import type { ConfigView } from './config-queries.js';
import { SaveOutcome } from './save-outcome.js';
import { useMayChange } from './use-may-change.js';
import { useSaveConfig } from './use-save-config.js';
import styles from './settings.module.css';

const POINTER = '/tools/web/fetch/exceptions';

/** Private addresses that the agent may reach all the same. Adding one is for a superadmin, with the password. */
export function ExceptionList({
  agentId,
  view,
  canChange,
}: {
  readonly agentId: string;
  readonly view: ConfigView;
  readonly canChange: boolean;
}) {
  const { isSuperadmin } = useMayChange();
  const { save, isPending, error, isConflict, applied, reset } = useSaveConfig(agentId);
  // What becomes of a removal is said in its question.
  const removal = useSaveConfig(agentId);
  const [address, setAddress] = useState('');
  const [port, setPort] = useState('');
  const [removing, setRemoving] = useState<string>();
  const exceptions = view.config.tools?.web?.fetch?.exceptions ?? [];
  const changeTo = (next: readonly object[]): Parameters<typeof save>[0] => ({
    patch: patchAt({ [POINTER]: next.length === 0 ? undefined : next }),
    version: view.version,
  });
  const add = (): void => {
    const number = Number(port);
    removal.reset();
    save(
      changeTo([...exceptions, { address: address.trim(), port: Number.isNaN(number) ? port : number }]),
    ).then(
      () => {
        // What was typed while the answer was on its way is another one.
        setAddress((now) => (now === address ? '' : now));
        setPort((now) => (now === port ? '' : now));
      },
      () => undefined,
    );
  };
  const outcome = applied ?? removal.applied;
  const canAdd = canChange && isSuperadmin;
  // A new one goes to the end. What is wrong with the list, or with one that is stored, has no field.
  const at = `${POINTER}/${exceptions.length}`;
  const issues = placeIssues(error, [
    { pointer: `${at}/address`, label: 'Address', isShown: canAdd },
    { pointer: `${at}/port`, label: 'Port', isShown: canAdd },
    { pointer: POINTER, label: 'Private addresses', isShown: false },
  ]);
  return (
    <Panel
      title="Private addresses that may be reached"
      note="Each opens one port of one machine in your own network to the agent and its commands."
    >
      <UnsavedGuard isDirty={address !== '' || port !== ''} what="Private addresses" />
      <div className={styles['form']}>
        {exceptions.length === 0 ? (
          <EmptyState title="None. Every private address is refused." />
        ) : (
          <ul className={styles['rows']}>
            {exceptions.map((exception) => {
              const name = nameOf(exception);
              return (
                <li key={name} className={styles['rowItem']}>
                  <code className={styles['rowText']}>
                    <InertText text={name} />
                  </code>
                  {canChange && (
                    <Button
                      size="small"
                      isDisabled={isPending}
                      onPress={() => {
                        reset();
                        removal.reset();
                        setRemoving(name);
                      }}
                      aria-label={`Remove ${inertString(name)}`}
                    >
                      Remove
                    </Button>
                  )}
                </li>
              );
            })}
          </ul>
        )}
        {canAdd && (
          <Form
            className={styles['addRow'] ?? ''}
            onSubmit={(event) => {
              event.preventDefault();
              if (!isPending && address.trim() !== '' && port.trim() !== '') add();
            }}
          >
            <TextField
              label="Address"
              placeholder="192.168.1.20"
              value={address}
              onChange={(value) => {
                if (outcome) {
                  reset();
                  removal.reset();
                }
                setAddress(value);
              }}
              error={issues.at(`${at}/address`)}
              code
              autoComplete="off"
              spellCheck="false"
            />
            <TextField
              label="Port"
              placeholder="8080"
              value={port}
              onChange={setPort}
              error={issues.at(`${at}/port`)}
              code
              inputMode="numeric"
              autoComplete="off"
            />
            <Button
              type="submit"
              isPending={isPending}
              isDisabled={address.trim() === '' || port.trim() === ''}
            >
              Add exception
            </Button>
          </Form>
        )}
        {!isSuperadmin && <p className="muted">Only a superadmin may add one.</p>}
        {isConflict && (
          <Notice tone="warn" announce title="The settings were changed elsewhere meanwhile.">
            <p>Nothing was saved. The list shows what is stored now; what you typed is still here.</p>
          </Notice>
        )}
        {error !== null && <FailureNotice error={error} placed={issues} />}
        {outcome && <SaveOutcome applied={outcome} />}
      </div>
      {removing !== undefined && (
        <ConfirmDialog
          title={`Remove ${inertString(removing)}`}
          isOpen
          onClose={() => setRemoving(undefined)}
          confirmLabel="Remove exception"
          onConfirm={() =>
            removal.save(changeTo(exceptions.filter((exception) => nameOf(exception) !== removing)))
          }
        >
          <p>The agent can no longer reach it. Only a superadmin may add it again, with the password.</p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

function nameOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address} port ${port}`;
}
