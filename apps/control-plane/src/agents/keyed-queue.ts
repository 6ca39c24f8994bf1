/** Runs work of one key strictly one after the other; different keys do not wait for each other. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Gives the result of `work`, which starts when everything given earlier for the key has ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const tail = this.#tails.get(key) ?? Promise.resolve();
    const result = tail.then(work, work);
    this.#tails.set(key, result);
    const forget = (): void => {
      if (this.#tails.get(key) === result) this.#tails.delete(key);
    };
    result.then(forget, forget);
    return result;
  }

  /** The keys that have work waiting or running. */
  get busy(): readonly string[] {
    return [...this.#tails.keys()];
  }
}
