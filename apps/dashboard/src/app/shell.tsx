import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import {
  Activity,
  FlaskConical,
  LayoutGrid,
  ScrollText,
  Target,
  UserRound,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { meQuery } from '../agents/agent-queries.js';
import { RefusedActions } from '../agents/refused-actions.js';
import { useFleetStream } from '../agents/use-fleet-stream.js';
import { FailureNotice } from '../components/failure-notice.js';
import { InertText } from '../components/inert-text.js';
import { ConnectionState } from './connection-state.js';
import { useApi } from './services.js';
import styles from './shell.module.css';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** Beginning of the addresses of pages that belong to this place and are not below it. */
  readonly holds?: string;
}

const PLACES: readonly Place[] = [
  { to: '/', label: 'Now', icon: Activity },
  { to: '/fleet', label: 'Fleet', icon: LayoutGrid, holds: '/agents/' },
  { to: '/playground', label: 'Playground', icon: FlaskConical },
  { to: '/drill', label: 'Drill', icon: Target },
  { to: '/audit', label: 'Audit', icon: ScrollText },
  { to: '/account', label: 'Account', icon: UserRound },
];

/** The frame of every page: where one can go, and how fresh what is shown is. */
export function Shell() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useFleetStream();
  // After a change of page the reading position is its heading, as after a real page load.
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <div className={styles['shell']}>
      <a className={styles['skip']} href="#content">
        Skip to content
      </a>
      <header className={styles['side']}>
        <Link to="/" className={styles['brand'] ?? ''} aria-label="Clawforce, start page">
          <img src="/favicon.svg" alt="" width="22" height="22" />
          <span>Clawforce</span>
        </Link>
        <nav className={styles['nav']} aria-label="Main">
          {PLACES.map(({ to, label, icon: Icon, holds }) => (
            <Link
              key={to}
              to={to}
              className={styles['place'] ?? ''}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              activeProps={{ 'aria-current': 'page' }}
              {...(holds !== undefined && pathname.startsWith(holds)
                ? { 'aria-current': 'true' as const }
                : {})}
            >
              <Icon aria-hidden="true" />
              <span>{label}</span>
            </Link>
          ))}
        </nav>
        <div className={styles['foot']}>
          <ConnectionState />
          <Whoami />
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1} className={styles['main']}>
        <RefusedActions>
          <Outlet />
        </RefusedActions>
      </main>
    </div>
  );
}

/** As whom one acts, always in sight. */
function Whoami() {
  const me = useQuery(meQuery(useApi()));
  if (me.isError) return <FailureNotice error={me.error} onRetry={() => void me.refetch()} />;
  return (
    me.data && (
      <p className={styles['who']}>
        <InertText text={me.data.username} /> <span>{me.data.role}</span>
      </p>
    )
  );
}
