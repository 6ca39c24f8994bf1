import { useState } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Notice } from '../../components/notice.js';
import { Panel } from '../../components/panel.js';
import { SwitchField } from '../../components/switch-field.js';
import { patchAt, valueAt } from './config-patch.js';
import type { ConfigView } from './config-queries.js';
import { PROTECTIONS, type Protection } from './protections.js';
import { SaveOutcome } from './save-outcome.js';
import { useMayChange } from './use-may-change.js';
import { useSaveConfig } from './use-save-config.js';
import styles from './settings.module.css';

/** Switches that show what is stored. Putting a protection on is one press; taking it off is confirmed first. */
export function ProtectionSwitches({
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
  const [takingOff, setTakingOff] = useState<Protection>();
  const isOn = ({ pointer, onValue, onByDefault }: Protection): boolean => {
    const value = valueAt(view.config, pointer);
    return value === undefined ? onByDefault : value === onValue;
  };
  const change = ({ pointer, onValue, onByDefault }: Protection, on: boolean): Promise<unknown> => {
    const off = onByDefault ? false : undefined;
    return save({ patch: patchAt({ [pointer]: on ? onValue : off }), version: view.version });
  };
  return (
    <Panel title="Protections" note="A switch shows what is stored. Each change is saved at once.">
      <div className={styles['form']}>
        {PROTECTIONS.map((protection) => {
          const on = isOn(protection);
          const mayNot = on && protection.superadminOnly && !isSuperadmin;
          return (
            <SwitchField
              key={protection.pointer}
              label={protection.label}
              description={`${on ? protection.on : protection.off}${mayNot ? ' Only a superadmin may take it off.' : ''}`}
              isSelected={on}
              isDisabled={!canChange || isPending || mayNot}
              onChange={(wanted) => {
                reset();
                if (wanted) change(protection, true).catch(() => undefined);
                else setTakingOff(protection);
              }}
            />
          );
        })}
        {isConflict && (
          <Notice tone="warn" announce title="The settings were changed elsewhere meanwhile.">
            <p>
              Nothing was saved. The switches show what is stored now; change them again if it is still right.
            </p>
          </Notice>
        )}
        {error !== null && !takingOff && <FailureNotice error={error} />}
        {applied && <SaveOutcome applied={applied} />}
      </div>
      {takingOff && (
        <ConfirmDialog
          title={`Take off: ${takingOff.label}`}
          isOpen
          onClose={() => setTakingOff(undefined)}
          confirmLabel="Take it off"
          onConfirm={() => change(takingOff, false)}
        >
          <p>{takingOff.off.replace(/^Off: /, '').replace(/^./, (first) => first.toUpperCase())}</p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}
