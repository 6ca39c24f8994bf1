/** Lets the actions on one key run one after the other, and those on different keys side by side. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs an action when every earlier one on the same key has ended, however it ended. */
  take<T>(key: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(action, action);
    this.#last.set(key, turn);
    const leave = (): void => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    };
    turn.then(leave, leave);
    return turn;
  }

  /** Waits for everything that has begun. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
