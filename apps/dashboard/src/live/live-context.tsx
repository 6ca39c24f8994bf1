import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from 'react';
import type { LiveConnection, LiveState } from './live-connection.js';

const LiveContext = createContext<LiveConnection | undefined>(undefined);

/** Keeps the connection up while its children are shown, which is while somebody is signed in. */
export function LiveProvider({
  live,
  children,
}: {
  readonly live: LiveConnection;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    const retry = (): void => live.retryNow();
    const look = (): void => {
      if (document.visibilityState === 'visible') live.retryNow();
    };
    live.start();
    window.addEventListener('online', retry);
    document.addEventListener('visibilitychange', look);
    return () => {
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', look);
      live.stop();
    };
  }, [live]);
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
