import type { SessionEnds } from '../http/mount-routes.js';

/** Knows which open streams and sockets hang on which session, and ends them with it. */
export class SessionEndings implements SessionEnds {
  readonly #callbacks = new Map<string, Set<() => void>>();

  onEnd(sessionId: string, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(sessionId) ?? new Set();
    this.#callbacks.set(sessionId, callbacks.add(callback));
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#callbacks.get(sessionId) === callbacks)
        this.#callbacks.delete(sessionId);
    };
  }

  /** Ends everything that hangs on these sessions. */
  end(sessionIds: readonly string[]): void {
    for (const sessionId of sessionIds) {
      for (const callback of [...(this.#callbacks.get(sessionId) ?? [])]) callback();
      this.#callbacks.delete(sessionId);
    }
  }
}
