import { useEffect, type ReactNode } from 'react';
import styles from './page-header.module.css';

/** The head of a page; `title` is also the title of the tab (give `documentTitle` when it is no text). */
export function PageHeader({
  title,
  documentTitle,
  note,
  actions,
}: {
  readonly title: ReactNode;
  readonly documentTitle?: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
}) {
  const name = documentTitle ?? (typeof title === 'string' ? title : undefined);
  useEffect(() => {
    const before = document.title;
    if (name !== undefined) document.title = `${name} · Clawforce`;
    // The sign-in lies over a page for a while, whose title it then is again.
    return () => {
      document.title = before;
    };
  }, [name]);
  return (
    <header className={styles['header']}>
      <div className={styles['text']}>
        <h1 tabIndex={-1}>{title}</h1>
        {note && <div className={styles['note']}>{note}</div>}
      </div>
      {actions && <div className={styles['actions']}>{actions}</div>}
    </header>
  );
}
