import { Link } from '@tanstack/react-router';
import styles from './tab-links.module.css';

/** One tab: a page of its own, so that it can be linked and opened in another browser tab. */
export interface TabLink {
  readonly label: string;
  readonly to: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** Tabs that are links. `label` names the group for screen readers. */
export function TabLinks({ label, tabs }: { readonly label: string; readonly tabs: readonly TabLink[] }) {
  return (
    <nav className={styles['tabs']} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tab.to}
          params={tab.params ?? {}}
          className={styles['tab'] ?? ''}
          activeProps={{ 'aria-current': 'page' }}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
