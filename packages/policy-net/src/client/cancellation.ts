/**
 * One cause to give up, for many who wait. It does what an AbortController does, at a fraction of its cost: a new
 * connection has one, and only a dial of the caller ever sees the signal.
 */
export class Cancellation {
  #reason: Error | undefined;
  readonly #listeners = new Set<(reason: Error) => void>();
  #controller: AbortController | undefined;

  /** For code that takes an AbortSignal. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Gives up; later reasons change nothing. */
  cancel(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
    this.#controller?.abort(reason);
  }

  /** Calls `listener` when it is given up, at once if it has been; gives what forgets it. */
  onCancel(listener: (reason: Error) => void): () => void {
    if (this.#reason !== undefined) listener(this.#reason);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws what it was given up with. */
  throwIfCancelled(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
