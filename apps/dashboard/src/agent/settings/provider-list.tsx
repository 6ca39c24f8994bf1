import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { EmptyState } from '../../components/empty-state.js';
import { InertText } from '../../components/inert-text.js';
import { inertString } from '../../components/inert-parts.js';
import { Panel } from '../../components/panel.js';
import { patchAt, pointerName } from './config-patch.js';
import type { ConfigView } from './config-queries.js';
import { ProviderDialog } from './provider-dialog.js';
import { PROVIDER_KINDS } from './provider-draft.js';
import { SaveOutcome } from './save-outcome.js';
import { useSaveConfig } from './use-save-config.js';
import styles from './settings.module.css';

/** Providers of models. Keys go to the server and never come back; agents never have them at all. */
export function ProviderList({
  agentId,
  view,
  canChange,
}: {
  readonly agentId: string;
  readonly view: ConfigView;
  readonly canChange: boolean;
}) {
  const saving = useSaveConfig(agentId);
  const [editing, setEditing] = useState<{ readonly name: string | undefined }>();
  const [removing, setRemoving] = useState<string>();
  const providers = view.config.providers ?? {};
  const names = Object.keys(providers).sort();
  const edit = (name: string | undefined): void => {
    saving.reset();
    setEditing({ name });
  };
  return (
    <Panel
      title="Providers"
      note="The control plane holds the keys and calls the provider; the agent never sees them."
      actions={
        canChange && (
          <Button size="small" icon={<Plus aria-hidden="true" />} onPress={() => edit(undefined)}>
            Add provider
          </Button>
        )
      }
    >
      <div className="stack">
        {names.length === 0 && (
          <EmptyState title="There is no provider yet.">
            Without one the agent has no model to ask. Add one, then name a model of it above.
          </EmptyState>
        )}
        {names.length > 0 && (
          <ul className={styles['rows']}>
            {names.map((name) => {
              const provider = providers[name];
              if (!provider) return null;
              const headers = Object.keys(provider.extra_headers ?? {}).length;
              return (
                <li key={name} className={styles['rowItem']}>
                  <div className={styles['rowText']}>
                    <p className="row">
                      <code>
                        <InertText text={name} />
                      </code>
                      {provider.kind !== 'scripted' && (
                        <Badge tone={provider.api_key ? 'good' : 'warn'}>
                          {provider.api_key ? 'Key set' : 'No key'}
                        </Badge>
                      )}
                      {headers > 0 && <Badge>{headers === 1 ? '1 header' : `${headers} headers`}</Badge>}
                    </p>
                    <p className="muted">
                      {PROVIDER_KINDS.find(({ value }) => value === provider.kind)?.label ?? provider.kind}
                      {provider.api_base && (
                        <>
                          {' · '}
                          <InertText text={provider.api_base} limit={200} />
                        </>
                      )}
                    </p>
                  </div>
                  {canChange && (
                    <div className="row">
                      <Button
                        size="small"
                        onPress={() => edit(name)}
                        aria-label={`Edit ${inertString(name)}`}
                      >
                        Edit
                      </Button>
                      <Button
                        size="small"
                        onPress={() => setRemoving(name)}
                        aria-label={`Remove ${inertString(name)}`}
                      >
                        Remove
                      </Button>
                    </div>
                  )}
                </li>
              );
            })}
          </ul>
        )}
        {saving.applied && !editing && <SaveOutcome applied={saving.applied} />}
      </div>
      {editing && (
        <ProviderDialog
          name={editing.name}
          stored={editing.name === undefined ? undefined : providers[editing.name]}
          view={view}
          saving={saving}
          onClose={() => setEditing(undefined)}
        />
      )}
      {removing !== undefined && (
        <ConfirmDialog
          title={`Remove ${inertString(removing)}`}
          isOpen
          onClose={() => setRemoving(undefined)}
          confirmLabel="Remove provider"
          onConfirm={() =>
            saving.save({
              patch: patchAt({ [`/providers/${pointerName(removing)}`]: undefined }),
              version: view.version,
            })
          }
        >
          <p>Its key is removed from the server. Models of it cannot be used any more.</p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}
