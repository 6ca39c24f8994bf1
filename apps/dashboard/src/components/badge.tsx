import type { ReactNode } from 'react';
import styles from './badge.module.css';

/** Meaning of a colour. Text says the same, so that nobody needs to see the colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'info' | 'neutral';

/** A word with a colour behind it; `dot` puts a mark before it. */
export function Badge({
  tone = 'neutral',
  dot = false,
  children,
}: {
  readonly tone?: Tone;
  readonly dot?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span className={`${styles['badge']} ${styles[tone]}`}>
      {dot && <span className={styles['dot']} aria-hidden="true" />}
      {children}
    </span>
  );
}
