import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { unwrap } from '../../api/api-client.js';
import { REQUEST_SCHEMAS } from '../../api/generated/request-schemas.js';
import { schemaIssues } from '../../api/json-schema.js';
import { placeIssues } from '../../api/place-issues.js';
import { useApi } from '../../app/services.js';
import { useReauthentication } from '../../session/reauthentication.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { inertString } from '../../components/inert-parts.js';
import { Loading } from '../../components/loading.js';
import { Panel } from '../../components/panel.js';
import { TextField } from '../../components/text-field.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import { VirtualList } from '../../components/virtual-list.js';
import { configQuery, variablesQuery } from './config-queries.js';
import { SaveOutcome } from './save-outcome.js';
import { useMayChange } from './use-may-change.js';
import styles from './settings.module.css';

/** Variables that commands of the agent get. Their names are shown, their values only ever go to the server. */
export function VariablesSection({ agentId }: { readonly agentId: string }) {
  const api = useApi();
  const queries = useQueryClient();
  const withPassword = useReauthentication();
  const { variables: canChange } = useMayChange();
  const names = useQuery(variablesQuery(api, agentId));
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const [removing, setRemoving] = useState<string>();
  const put = async (variables: Readonly<Record<string, string | null>>) => {
    const answer = await withPassword(async () =>
      unwrap(
        await api.PUT('/api/agents/{id}/variables', {
          params: { path: { id: agentId } },
          body: { variables },
        }),
      ),
    );
    queries.setQueryData(variablesQuery(api, agentId).queryKey, answer.items);
    void queries.invalidateQueries({ queryKey: configQuery(api, agentId).queryKey });
    return answer;
  };
  const set = useMutation({ mutationFn: put });
  // What becomes of a removal is said in its question.
  const removal = useMutation({ mutationFn: put });
  const hasLines = value.includes('\n') || value.includes('\r');
  const trimmed = name.trim();
  const replaces = names.data?.some((known) => known.name === trimmed) ?? false;
  const submit = async (): Promise<void> => {
    if (set.isPending || trimmed === '') return;
    removal.reset();
    await set.mutateAsync({ [trimmed]: value }).then(
      () => {
        // What was typed while the answer was on its way is another variable.
        setName((now) => (now === name ? '' : now));
        setValue((now) => (now === value ? '' : now));
      },
      () => undefined,
    );
  };
  const [sent] = Object.keys(set.variables ?? {});
  const isOfName = sent !== undefined && !isVariableName(sent);
  // One variable is sent at a time, so whatever is wrong is wrong with it.
  const issues = placeIssues(set.error, [
    { pointer: '', label: sent ?? 'Variables', isWhole: true, isShown: canChange },
  ]);
  const outcome = set.data ?? removal.data;
  return (
    <Panel
      title="Variables"
      note="Commands of the agent get them in their environment, so the agent can read them."
    >
      <UnsavedGuard isDirty={value !== '' || (trimmed !== '' && !replaces)} what="Variables" />
      <div className={styles['form']}>
        {names.isPending && <Loading what="the names" />}
        {names.isError && <FailureNotice error={names.error} onRetry={() => void names.refetch()} />}
        {names.data?.length === 0 && (
          <EmptyState title="No variables.">
            Give commands what they need, such as a token for a test.
          </EmptyState>
        )}
        {names.data && names.data.length > 0 && (
          <div className={styles['rows']}>
            <VirtualList
              label="Variables"
              items={names.data}
              keyOf={(known) => known.name}
              estimate={44}
              maxHeight="60dvh"
            >
              {(known) => (
                <div className={styles['rowItem']}>
                  <code className={styles['rowText']}>
                    <InertText text={known.name} />
                  </code>
                  {canChange && (
                    <div className="row">
                      <Button
                        size="small"
                        onPress={() => {
                          set.reset();
                          setName(known.name);
                          setValue('');
                        }}
                        aria-label={`Replace ${inertString(known.name)}`}
                      >
                        Replace
                      </Button>
                      <Button
                        size="small"
                        onPress={() => setRemoving(known.name)}
                        aria-label={`Remove ${inertString(known.name)}`}
                      >
                        Remove
                      </Button>
                    </div>
                  )}
                </div>
              )}
            </VirtualList>
          </div>
        )}
        {canChange && (
          <Form
            className={styles['addRow'] ?? ''}
            onSubmit={(event) => {
              event.preventDefault();
              void submit();
            }}
          >
            <TextField
              label="Name"
              placeholder="TEST_TOKEN"
              value={name}
              onChange={setName}
              code
              autoComplete="off"
              spellCheck="false"
              error={isOfName ? issues.at('') : undefined}
            />
            <TextField
              // A line of a browser drops the ends of lines without a word; a key may have many.
              key={hasLines ? 'box' : 'line'}
              label="Value"
              {...(hasLines ? { rows: 4, masked: true, autoFocus: true } : { type: 'password' as const })}
              onPaste={(event) => {
                const pasted = event.clipboardData.getData('text/plain');
                if (hasLines || !/[\r\n]/.test(pasted.trim())) return;
                event.preventDefault();
                setValue(pasted);
              }}
              value={value}
              onChange={setValue}
              code
              autoComplete="new-password"
              spellCheck="false"
              error={isOfName ? undefined : issues.at('')}
            />
            <Button type="submit" isPending={set.isPending} isDisabled={trimmed === ''}>
              {replaces ? 'Replace value' : 'Set variable'}
            </Button>
          </Form>
        )}
        {set.isError && <FailureNotice error={set.error} placed={issues} />}
        {outcome && <SaveOutcome applied={outcome.applied} />}
      </div>
      {removing !== undefined && (
        <ConfirmDialog
          title={`Remove ${inertString(removing)}`}
          isOpen
          onClose={() => setRemoving(undefined)}
          confirmLabel="Remove variable"
          onConfirm={() => {
            set.reset();
            return removal.mutateAsync({ [removing]: null });
          }}
        >
          <p>Commands that start from now on do not get it. Its value is removed from the server.</p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

/** A wrong name and a wrong value are at the same place of the request, and at two fields of the form. */
function isVariableName(name: string): boolean {
  const names =
    REQUEST_SCHEMAS['PUT /api/agents/{id}/variables']?.properties?.['variables']?.propertyNames ?? {};
  return schemaIssues(names, name).length === 0;
}
