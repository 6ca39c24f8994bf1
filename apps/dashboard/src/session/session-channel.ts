/** What the tabs of one browser tell each other about the session. The token stays in memory on both sides. */
export type SessionNews =
  | { readonly kind: 'token'; readonly token: string; readonly expiresAt: number; readonly userId: string }
  | { readonly kind: 'signed-out' };

/** How tabs talk and take turns. */
export interface SessionChannel {
  /** Tells the other tabs. */
  tell(news: SessionNews): void;
  /** Calls back with what other tabs tell; gives the function that ends it. */
  listen(listener: (news: SessionNews) => void): () => void;
  /** Runs the task while no other tab is in its own. */
  alone<T>(task: () => Promise<T>): Promise<T>;
}

/** Gives the channel between the tabs of this browser. */
export function openSessionChannel(): SessionChannel {
  const channel = new BroadcastChannel('clawforce-session');
  return {
    tell: (news) => channel.postMessage(news),
    listen(listener) {
      const receive = (event: MessageEvent): void => listener(event.data as SessionNews);
      channel.addEventListener('message', receive);
      return () => channel.removeEventListener('message', receive);
    },
    alone: (task) => navigator.locks.request('clawforce-refresh', task),
  };
}
