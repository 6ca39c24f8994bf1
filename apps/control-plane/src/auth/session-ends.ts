import type { SessionEnds } from '../http/mount-routes.js';

interface OpenThing {
  readonly role: string | undefined;
  readonly end: () => void;
}

/** Knows which open streams and sockets hang on which session, and ends them with it. */
export class SessionEndings implements SessionEnds {
  readonly #open = new Map<string, Set<OpenThing>>();

  onEnd(sessionId: string, callback: () => void, role?: string): () => void {
    const thing: OpenThing = { role, end: callback };
    const things = this.#open.get(sessionId) ?? new Set();
    this.#open.set(sessionId, things.add(thing));
    return () => {
      things.delete(thing);
      if (things.size === 0 && this.#open.get(sessionId) === things) this.#open.delete(sessionId);
    };
  }

  /** Ends everything that hangs on these sessions. */
  end(sessionIds: readonly string[]): void {
    for (const sessionId of sessionIds) {
      const things = this.#open.get(sessionId);
      this.#open.delete(sessionId);
      for (const { end } of things ?? []) end();
    }
  }

  /** Ends everything: the server stops. */
  endAll(): void {
    this.end([...this.#open.keys()]);
  }

  /**
   * Asks for each session that something hangs on which role its user has now, undefined when it is over, and ends what was
   * opened under another one: the database may have changed without anybody having told us.
   */
  async review(roleNow: (sessionId: string) => Promise<string | undefined>): Promise<void> {
    for (const [sessionId, things] of [...this.#open]) {
      const role = await roleNow(sessionId);
      if (role === undefined) {
        this.end([sessionId]);
        continue;
      }
      for (const thing of [...things]) {
        if (thing.role === undefined || thing.role === role) continue;
        things.delete(thing);
        thing.end();
      }
    }
  }
}
