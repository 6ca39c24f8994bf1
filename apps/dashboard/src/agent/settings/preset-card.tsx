import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useId } from 'react';
import type { SecurityPreset } from '../../api/api-types.js';
import { Badge } from '../../components/badge.js';
import styles from './security.module.css';

/** One preset with its plain consequences: what it keeps from the agent, and what follows from it. */
export function PresetCard({
  preset,
  group,
  isChosen,
  isStored,
  onChoose,
}: {
  readonly preset: SecurityPreset;
  /** Name of the group of radio buttons. */
  readonly group: string;
  readonly isChosen: boolean;
  readonly isStored: boolean;
  readonly onChoose: () => void;
}) {
  const id = useId();
  const { level, name, summary, protections, consequences, available, unavailable_reason: reason } = preset;
  return (
    <label className={styles['card']} data-chosen={isChosen} data-level={level}>
      <span className={styles['cardHead']}>
        <input
          type="radio"
          name={group}
          value={level}
          checked={isChosen}
          onChange={onChoose}
          aria-labelledby={`${id}-name`}
          aria-describedby={`${id}-summary ${id}-more`}
        />
        <span id={`${id}-name`} className={styles['cardName']}>
          {name}
        </span>
        {isStored && <Badge tone="info">Stored</Badge>}
        {!available && <Badge tone="warn">Not on this server</Badge>}
      </span>
      <span id={`${id}-summary`} className={styles['summary']}>
        {summary}
      </span>
      <span id={`${id}-more`} className={styles['sentences']}>
        {reason && <span className={styles['unavailable']}>{reason}</span>}
        {protections.map((sentence) => (
          <span key={sentence} className={styles['sentence']}>
            <ShieldCheck aria-hidden="true" className={styles['keeps']} />
            {sentence}
          </span>
        ))}
        {consequences.map((sentence) => (
          <span key={sentence} className={styles['sentence']}>
            <ShieldOff aria-hidden="true" className={styles['permits']} />
            {sentence}
          </span>
        ))}
      </span>
    </label>
  );
}
