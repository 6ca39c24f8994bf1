import { AlertTriangle, CircleAlert, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './notice.module.css';

const ICONS = { bad: CircleAlert, warn: AlertTriangle, info: Info } as const;

/** A sentence that must be read, with what to do about it. `announce` reads it out when it appears. */
export function Notice({
  tone,
  title,
  children,
  actions,
  announce = false,
}: {
  readonly tone: keyof typeof ICONS;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  readonly announce?: boolean;
}) {
  const Icon = ICONS[tone];
  return (
    <div className={`${styles['notice']} ${styles[tone]}`} {...(announce ? { role: 'alert' } : {})}>
      <Icon aria-hidden="true" />
      <div className={styles['text']}>
        <p className={styles['title']}>{title}</p>
        {children}
      </div>
      {actions && <div className={styles['actions']}>{actions}</div>}
    </div>
  );
}
