import type { ReactNode } from 'react';
import { PageHeader } from '../components/page-header.js';
import styles from './entry-frame.module.css';

/** The frame of the pages that come before signing in. */
export function EntryFrame({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <main className={styles['frame']}>
      <div className={styles['box']}>
        <p className={styles['brand']}>
          <img src="/favicon.svg" alt="" width="24" height="24" />
          Clawforce
        </p>
        <PageHeader title={title} note={note} />
        {children}
      </div>
    </main>
  );
}
