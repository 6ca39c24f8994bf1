/** An allowance that fills up steadily: bursts are free up to its size, what lasts is held to its rate. */
export class TokenBucket {
  readonly #size: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor(size: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = size;
    this.#at = now();
  }

  /** Takes so many, also more than there are; gives the milliseconds until they are paid for. */
  spend(count: number): number {
    this.#fill();
    this.#left -= count;
    return this.#left >= 0 ? 0 : (-this.#left / this.#perSecond) * 1000;
  }

  /** Takes one when there is one. */
  tryTake(): boolean {
    this.#fill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #fill(): void {
    const now = this.#now();
    this.#left = Math.min(this.#size, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}
