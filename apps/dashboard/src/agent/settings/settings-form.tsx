import { useState } from 'react';
import { Form } from 'react-aria-components';
import { placeIssues } from '../../api/place-issues.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Panel } from '../../components/panel.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import type { ConfigView } from './config-queries.js';
import { ConflictNotice } from './conflict-notice.js';
import { SaveOutcome } from './save-outcome.js';
import { changedFields, draftOf, patchOf, type Draft, type SettingField } from './setting-field.js';
import { SettingInput } from './setting-input.js';
import { useSaveConfig } from './use-save-config.js';
import styles from './settings.module.css';

/**
 * Edits a table of settings. What was typed stays through refusals and conflicts; when somebody else changed the same
 * settings, the person sees their values and decides.
 */
export function SettingsForm({
  agentId,
  title,
  note,
  fields,
  view,
  canChange,
}: {
  readonly agentId: string;
  readonly title: string;
  readonly note?: string;
  readonly fields: readonly SettingField[];
  readonly view: ConfigView;
  readonly canChange: boolean;
}) {
  const { save, isPending, error, isConflict, applied, reset } = useSaveConfig(agentId);
  const stored = draftOf(fields, view.config);
  const [base, setBase] = useState({ version: view.version, shown: stored });
  const [touched, setTouched] = useState<Draft>({});
  const typed: Draft = { ...base.shown, ...touched };
  const mine = changedFields(fields, base.shown, typed);
  // What is stored as it was typed here is this save itself, or somebody of the same mind.
  const theirs =
    base.version === view.version
      ? []
      : changedFields(fields, base.shown, stored).filter(({ pointer }) => stored[pointer] !== typed[pointer]);
  const follow = (): void => setBase({ version: view.version, shown: stored });
  // A change elsewhere in the configuration is no conflict here.
  if (base.version !== view.version && (mine.length === 0 || theirs.length === 0)) follow();

  const submit = async (): Promise<void> => {
    const patch = patchOf(fields, base.shown, typed);
    if (!patch || isPending) return;
    await save({ patch, version: base.version }).then(
      ({ config, version }) => {
        setBase({ version, shown: draftOf(fields, config) });
        // What was typed while the answer was on its way is another change.
        setTouched((now) =>
          Object.fromEntries(Object.entries(now).filter(([at, text]) => text !== typed[at])),
        );
      },
      () => undefined,
    );
  };
  const issues = placeIssues(
    error,
    fields.map(({ pointer, label }) => ({ pointer, label, isWhole: true })),
  );
  return (
    <Panel title={title} note={note}>
      <UnsavedGuard isDirty={mine.length > 0} what={title} />
      <Form
        className={styles['form'] ?? ''}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {fields.map((field) => (
          <SettingInput
            key={field.pointer}
            field={field}
            value={typed[field.pointer] ?? ''}
            error={issues.at(field.pointer)}
            isDisabled={!canChange}
            onChange={(value) => {
              if (applied) reset();
              setTouched({ ...touched, [field.pointer]: value });
            }}
          />
        ))}
        {mine.length > 0 && !isPending && (theirs.length > 0 || isConflict) && (
          <ConflictNotice
            theirs={theirs.map(({ label, pointer, fallback }) => ({
              label,
              value: stored[pointer] || `${fallback} (default)`,
            }))}
            onKeepMine={() => {
              reset();
              setTouched(Object.fromEntries(mine.map(({ pointer }) => [pointer, typed[pointer] ?? ''])));
              follow();
            }}
            onTakeTheirs={() => {
              reset();
              setTouched({});
              follow();
            }}
          />
        )}
        {error !== null && <FailureNotice error={error} placed={issues} />}
        {applied && mine.length === 0 && <SaveOutcome applied={applied} />}
        {canChange && (
          <div className="row">
            <Button kind="primary" type="submit" isPending={isPending} isDisabled={mine.length === 0}>
              Save
            </Button>
            {mine.length > 0 && (
              <Button
                kind="quiet"
                onPress={() => {
                  reset();
                  setTouched({});
                }}
              >
                Discard changes
              </Button>
            )}
          </div>
        )}
      </Form>
    </Panel>
  );
}
