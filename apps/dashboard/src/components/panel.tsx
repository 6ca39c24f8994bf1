import { useId, type ReactNode } from 'react';
import styles from './panel.module.css';

/** A titled part of a page. `flush` lets its content, such as a list, reach the edges. */
export function Panel({
  title,
  note,
  actions,
  flush = false,
  children,
}: {
  readonly title?: ReactNode;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly flush?: boolean;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={styles['panel']} {...(title ? { 'aria-labelledby': id } : {})}>
      {title && (
        <header className={styles['header']}>
          <div className={styles['heading']}>
            <h2 id={id}>{title}</h2>
            {note && <p className={styles['note']}>{note}</p>}
          </div>
          {actions && <div className={styles['actions']}>{actions}</div>}
        </header>
      )}
      <div className={flush ? styles['flush'] : styles['body']}>{children}</div>
    </section>
  );
}
