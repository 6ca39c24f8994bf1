import { useState } from 'react';
import { Form } from 'react-aria-components';
import { placeIssues } from '../../api/place-issues.js';
import { Button } from '../../components/button.js';
import { Dialog, DialogActions } from '../../components/dialog.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Notice } from '../../components/notice.js';
import { SelectField } from '../../components/select-field.js';
import { TextField } from '../../components/text-field.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import { inertString } from '../../components/inert-parts.js';
import { pointerName } from './config-patch.js';
import type { ConfigView } from './config-queries.js';
import { HeaderFields } from './header-fields.js';
import {
  movesSecret,
  PROVIDER_KINDS,
  providerDraft,
  providerPatch,
  type Provider,
  type ProviderDraft,
} from './provider-draft.js';
import { SecretField } from './secret-field.js';
import type { useSaveConfig } from './use-save-config.js';

/** Adds or changes a provider of models. Its secrets can be set and removed, and never looked at. */
export function ProviderDialog({
  name,
  stored,
  view,
  saving,
  onClose,
}: {
  /** Undefined for a new one. */
  readonly name: string | undefined;
  readonly stored: Provider | undefined;
  readonly view: ConfigView;
  readonly saving: ReturnType<typeof useSaveConfig>;
  readonly onClose: () => void;
}) {
  const [draft, setDraft] = useState(() => providerDraft(name, stored));
  const [opened] = useState(draft);
  // The version that was on the screen when the dialog opened: what came since is not known to the person.
  const [version, setVersion] = useState(view.version);
  const { save, isPending, error, isConflict, reset } = saving;
  const put = (change: Partial<ProviderDraft>): void => setDraft({ ...draft, ...change });
  const isTaken = name === undefined && Object.hasOwn(view.config.providers ?? {}, draft.name);
  const isScripted = draft.kind === 'scripted';
  const at = `/providers/${pointerName(draft.name)}`;
  const headerAt = (header: string): string => `${at}/extra_headers/${pointerName(header)}`;
  const issues = placeIssues(error, [
    { pointer: at, label: 'Name', isShown: name === undefined && !isTaken },
    { pointer: `${at}/kind`, label: 'Kind' },
    { pointer: `${at}/script`, label: 'Script', isShown: isScripted },
    { pointer: `${at}/api_base`, label: 'Address', isShown: !isScripted },
    { pointer: `${at}/api_key`, label: 'API key', isShown: !isScripted },
    ...Object.keys(draft.headers).map((header) => ({
      pointer: headerAt(header),
      label: `Header ${header}`,
      isShown: !isScripted,
    })),
  ]);

  const submit = async (): Promise<void> => {
    if (isPending || draft.name === '' || isTaken) return;
    await save({ patch: providerPatch(draft, stored), version }).then(onClose, () => undefined);
  };
  return (
    <Dialog title={name === undefined ? 'Add a provider' : inertString(name)} isOpen onClose={onClose} alert>
      <UnsavedGuard isDirty={JSON.stringify(draft) !== JSON.stringify(opened)} what="this provider" />
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {name === undefined && (
          <TextField
            label="Name"
            description="Letters, digits, - and _. Models are named with it: name/model."
            value={draft.name}
            onChange={(value) => put({ name: value })}
            error={isTaken ? 'There is a provider with this name.' : issues.at(at)}
            code
            isRequired
            autoFocus
            autoComplete="off"
            spellCheck="false"
          />
        )}
        <SelectField
          label="Kind"
          value={draft.kind}
          options={PROVIDER_KINDS}
          onChange={(kind) => put({ kind: kind as Provider['kind'] })}
          error={issues.at(`${at}/kind`)}
        />
        {isScripted ? (
          <TextField
            label="Script"
            rows={8}
            code
            value={draft.script}
            onChange={(script) => put({ script })}
            error={issues.at(`${at}/script`)}
            spellCheck="false"
          />
        ) : (
          <>
            <TextField
              label="Address"
              description="Empty: the provider's own. Private addresses are for a superadmin."
              placeholder="https://api.example.com/v1"
              value={draft.apiBase}
              onChange={(apiBase) => put({ apiBase })}
              error={issues.at(`${at}/api_base`)}
              code
              autoComplete="off"
              spellCheck="false"
            />
            {movesSecret(draft, stored) && (
              <Notice tone="warn" title="The address or kind changes, so the secrets must be entered again.">
                <p>A key belongs to the provider that it was entered for; it is never sent to another one.</p>
              </Notice>
            )}
            <SecretField
              label="API key"
              isStored={(stored?.api_key ?? '') !== ''}
              change={draft.apiKey}
              onChange={(apiKey) => put({ apiKey })}
              error={issues.at(`${at}/api_key`)}
            />
            <HeaderFields
              stored={Object.keys(stored?.extra_headers ?? {})}
              headers={draft.headers}
              errorAt={(header) => issues.at(headerAt(header))}
              onChange={(headers) => put({ headers })}
            />
          </>
        )}
        {isConflict && (
          <Notice
            tone="warn"
            announce
            title="The settings were changed elsewhere meanwhile."
            actions={
              <Button
                size="small"
                onPress={() => {
                  reset();
                  setVersion(view.version);
                }}
              >
                Go on with the new version
              </Button>
            }
          >
            <p>Nothing was saved, and what you typed is still here.</p>
          </Notice>
        )}
        {error !== null && <FailureNotice error={error} placed={issues} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            isPending={isPending}
            isDisabled={draft.name === '' || isTaken}
          >
            Save provider
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
