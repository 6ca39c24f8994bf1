import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** What stands where a list would be: why there is nothing, and what to do. */
export function EmptyState({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={styles['empty']}>
      <p className={styles['title']}>{title}</p>
      {children && <div className={styles['text']}>{children}</div>}
      {action}
    </div>
  );
}
