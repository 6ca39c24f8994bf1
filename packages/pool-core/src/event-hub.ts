import type { PoolEvent } from './agent-pool.js';

const HISTORY = 1024;

/** Tells every listener what happened, each at its own pace, and remembers the latest events for late ones. */
export class EventHub {
  readonly #listeners = new Set<{ queue: PoolEvent[]; wake: () => void }>();
  #history: PoolEvent[] = [];
  #closed = false;

  /** Tells all listeners. */
  emit(event: PoolEvent): void {
    this.#history.push(event);
    if (this.#history.length > 2 * HISTORY) this.#history = this.#history.slice(-HISTORY);
    for (const listener of this.#listeners) {
      listener.queue.push(event);
      listener.wake();
    }
  }

  /** Ends every listener once it has read what is queued. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.wake();
  }

  /** Gives events from the moment of this call, preceded by the remembered ones since `since`. */
  listen(signal: AbortSignal, since?: string): AsyncIterable<PoolEvent> {
    const from = since === undefined ? Number.POSITIVE_INFINITY : Date.parse(since);
    if (Number.isNaN(from)) throw new TypeError('since: expected an ISO 8601 time');
    const listener = {
      queue: this.#history.filter((event) => Date.parse(event.time) >= from),
      wake: (): void => undefined,
    };
    this.#listeners.add(listener);
    // Also when nobody ever iterates, an aborted listener must not keep collecting.
    const leave = (): void => {
      this.#listeners.delete(listener);
      listener.wake();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return this.#drain(listener, signal, leave);
  }

  async *#drain(
    listener: { queue: PoolEvent[]; wake: () => void },
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<PoolEvent> {
    try {
      while (!signal.aborted) {
        const event = listener.queue.shift();
        if (event) yield event;
        else if (this.#closed) return;
        else await new Promise<void>((resolve) => (listener.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.#listeners.delete(listener);
    }
  }
}
