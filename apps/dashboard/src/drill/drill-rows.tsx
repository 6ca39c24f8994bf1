import type { Drill, DrillRow } from '../api/api-types.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { Panel } from '../components/panel.js';
import { SelectField } from '../components/select-field.js';
import { isPositiveControl, LAYERS } from './describe-drill.js';
import { DrillTable } from './drill-table.js';
import styles from './drill.module.css';

const SHOWN: readonly {
  readonly value: string;
  readonly label: string;
  readonly takes: (row: DrillRow) => boolean;
}[] = [
  { value: '', label: 'Everything', takes: () => true },
  { value: 'failures', label: 'Failures', takes: ({ verdict }) => verdict === 'fail' },
  { value: 'controls', label: 'Positive controls', takes: isPositiveControl },
  { value: 'info', label: 'For information', takes: ({ verdict }) => verdict === 'info' },
];

/** Every attempt, filtered by what came of it and by who tried. */
export function DrillRows({
  drill: { rows, state },
  show,
  layer,
  onChange,
}: {
  readonly drill: Drill;
  readonly show: string;
  readonly layer: string;
  readonly onChange: (next: { readonly show?: string; readonly layer?: string }) => void;
}) {
  const takes = SHOWN.find(({ value }) => value === show)?.takes ?? (() => true);
  const ofLayer = rows.filter((row) => layer === '' || row.layer === layer);
  const shown = ofLayer.filter(takes);
  return (
    <Panel
      title="Attempts"
      note={shown.length === rows.length ? `${rows.length}` : `${shown.length} of ${rows.length}`}
      flush
    >
      <div className={styles['filters']} role="search">
        <SelectField
          label="Show"
          value={show}
          options={SHOWN.map(({ value, label, takes: would }) => ({
            value,
            label: `${label} (${ofLayer.filter(would).length})`,
          }))}
          onChange={(value) => onChange({ show: value })}
        />
        <SelectField
          label="Who tries"
          value={layer}
          options={[
            { value: '', label: 'Everybody' },
            { value: 'policy', label: `${LAYERS.policy}: a tool call that the gate judges` },
            { value: 'command', label: `${LAYERS.command}: a program that the worker confines` },
            { value: 'container', label: `${LAYERS.container}: the engine, past the worker` },
          ]}
          onChange={(value) => onChange({ layer: value })}
        />
      </div>
      {shown.length > 0 ? (
        <DrillTable rows={shown} />
      ) : rows.length === 0 ? (
        <EmptyState title={state === 'running' ? 'Nothing was tried yet.' : 'Nothing was tried.'} />
      ) : (
        <EmptyState
          title={show === 'failures' ? 'Nothing failed.' : 'No attempt matches.'}
          action={<Button onPress={() => onChange({ show: '', layer: '' })}>Show everything</Button>}
        />
      )}
      <p className={styles['legend']}>
        A positive control has to work, or a dead worker would look safe. Weaker evidence means that the
        attempt was never seen to succeed anywhere, so that being blocked says less. What was not run never
        counts as blocked.
      </p>
    </Panel>
  );
}
