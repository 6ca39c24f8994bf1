import { useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, type ComponentType } from 'react';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { LiveProvider } from '../live/live-context.js';
import { ReauthenticationProvider } from '../session/reauthentication.js';
import { PageHeader } from '../components/page-header.js';
import { Shell } from './shell.js';
import { useServices, useSessionState } from './services.js';
import styles from './session-gate.module.css';

/** Few visits need it, so it is no part of the first load. Without it the sign-in is a page of its own. */
const SignInAgain = lazy<ComponentType>(() =>
  import('../login/sign-in-again.js').then(
    (loaded) => ({ default: loaded.SignInAgain }),
    () => ({ default: ToLogin }),
  ),
);

/**
 * Shows the pages to somebody who is signed in, and sends everybody else to the login page and back. When a session ends
 * by itself, the pages stay as they are under the sign-in: what was typed is still there afterwards.
 */
export function SessionGate() {
  const { session, live } = useServices();
  const state = useSessionState();
  switch (state.kind) {
    case 'starting':
      return <div className={styles['wait']} role="status" aria-label="Signing in" />;
    case 'unreachable':
      return (
        <main className={styles['wait']}>
          <PageHeader title="Not connected" />
          <FailureNotice error={state.failure} />
          <Button onPress={() => void session.restore()}>Try again</Button>
        </main>
      );
    case 'signed-out':
      return <ToLogin />;
    case 'expired':
    case 'signed-in':
      return (
        <LiveProvider live={live} isWaiting={state.kind === 'expired'}>
          <ReauthenticationProvider>
            <Shell />
          </ReauthenticationProvider>
          <Suspense>{state.kind === 'expired' && <SignInAgain />}</Suspense>
        </LiveProvider>
      );
  }
}

/** Goes to the login page once, with the way back. */
function ToLogin() {
  const navigate = useNavigate();
  const { href } = useLocation();
  // The location changes before this page is gone, and the way back is the one that was asked for.
  const [back] = useState(href);
  useEffect(() => {
    void navigate({ to: '/login', search: back === '/' ? {} : { to: back }, replace: true });
  }, [navigate, back]);
  return null;
}
