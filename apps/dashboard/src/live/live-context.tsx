import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from 'react';
import type { LiveConnection, LiveState } from './live-connection.js';

const LiveContext = createContext<LiveConnection | undefined>(undefined);

/**
 * Keeps the connection up while its children are shown, which is while somebody is signed in. While it `isWaiting` for a
 * session, the attempt that waits for one is the only one.
 */
export function LiveProvider({
  live,
  isWaiting = false,
  children,
}: {
  readonly live: LiveConnection;
  readonly isWaiting?: boolean;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  useEffect(() => {
    if (isWaiting) return undefined;
    const retry = (): void => live.retryNow();
    const look = (): void => {
      if (document.visibilityState === 'visible') live.retryNow();
    };
    window.addEventListener('online', retry);
    document.addEventListener('visibilitychange', look);
    return () => {
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', look);
    };
  }, [live, isWaiting]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Gives the connection. */
export function useLive(): LiveConnection {
  const live = useContext(LiveContext);
  if (!live) throw new TypeError('there is no LiveProvider above this component');
  return live;
}

/** Gives the state of the connection and renders again when it changes. */
export function useLiveState(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, () => live.state);
}
