import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useId } from 'react';
import type { SecurityPreset } from '../../api/api-types.js';
import { Badge } from '../../components/badge.js';
import styles from './security.module.css';

/** One preset with its plain consequences: what it keeps from the agent, and what follows from it. */
export function PresetCard({
  preset,
  group,
  isHeld,
  isChosen,
  isStored,
  onChoose,
}: {
  readonly preset: SecurityPreset;
  /** Name of the group of radio buttons. */
  readonly group: string;
  /** Whether this server holds the protections of a level; else they are shown as what containers would have. */
  readonly isHeld: boolean;
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
        {!isHeld && protections.length > 0 && <span className={styles['notHeld']}>Only in a container:</span>}
        {protections.map((sentence) => (
          <span key={sentence} className={isHeld ? styles['sentence'] : styles['promise']}>
            <ShieldCheck aria-hidden="true" className={isHeld ? styles['keeps'] : undefined} />
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
