import type { ReactNode } from 'react';
import type { DrillRow } from '../api/api-types.js';
import { Badge, type Tone } from '../components/badge.js';
import { InertText } from '../components/inert-text.js';
import { isPositiveControl, isWeakEvidence, LAYERS } from './describe-drill.js';
import styles from './drill.module.css';

const VERDICTS: Readonly<Record<DrillRow['verdict'], readonly [Tone, string]>> = {
  pass: ['good', 'PASS'],
  fail: ['bad', 'FAIL'],
  info: ['neutral', 'INFO'],
};
const WORDS: Readonly<Record<string, string>> = {
  blocked: 'Blocked',
  allowed: 'Allowed',
  any: 'Either',
  'not-run': 'Not run',
};
const COLUMNS = ['Case', 'What was tried', 'Expected', 'Found', 'Verdict', 'Detail'];

/** The attempts as a table; on a phone each one is a card. Roles are spelt out because cards are no table for CSS. */
export function DrillTable({ rows }: { readonly rows: readonly DrillRow[] }) {
  return (
    <div role="table" aria-label="Attempts" aria-rowcount={rows.length + 1} className={styles['table']}>
      <div role="row" className={styles['head']}>
        {COLUMNS.map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      {rows.map((row) => (
        <Attempt key={row.id} row={row} />
      ))}
    </div>
  );
}

function Attempt({ row }: { readonly row: DrillRow }) {
  const [tone, word] = VERDICTS[row.verdict];
  return (
    <div role="row" className={styles['attempt']} data-verdict={row.verdict}>
      <Cell name="id">
        <code>{row.id}</code>
      </Cell>
      <Cell name="action">
        <InertText text={row.action} />
        <span className={styles['note']}>
          {LAYERS[row.layer]} · {row.group}
        </span>
      </Cell>
      <Cell name="expected" label="Expected">
        {WORDS[row.expected] ?? row.expected}
      </Cell>
      <Cell name="found" label="Found">
        {WORDS[row.actual] ?? row.actual}
      </Cell>
      <Cell name="outcome">
        <Badge tone={tone} dot>
          {word}
        </Badge>
        {isPositiveControl(row) && <Badge tone="info">Positive control</Badge>}
        {isWeakEvidence(row) && <Badge>Weaker evidence</Badge>}
      </Cell>
      <Cell name="detail">
        {row.detail === '' ? (
          <span className={styles['note']}>no output</span>
        ) : (
          <InertText text={row.detail} limit={300} />
        )}
      </Cell>
    </div>
  );
}

function Cell({
  name,
  label,
  children,
}: {
  readonly name: string;
  /** Stands before the value where there is no head above it. */
  readonly label?: string;
  readonly children: ReactNode;
}) {
  return (
    <div role="cell" className={styles[name]}>
      {label && <span className={styles['label']}>{label}</span>}
      {children}
    </div>
  );
}
