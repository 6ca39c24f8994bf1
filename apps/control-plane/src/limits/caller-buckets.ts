import { TokenBucket } from './token-bucket.js';

/** Callers that are remembered; the one that came the longest ago is forgotten first. */
const MAX_CALLERS = 2_000;

/** An allowance of its own for each caller, for a bounded number of callers. */
export class CallerBuckets {
  readonly #size: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(size: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes one from the caller's allowance when there is one. */
  tryTake(caller: string): boolean {
    const bucket = this.#buckets.get(caller) ?? new TokenBucket(this.#size, this.#perSecond, this.#now);
    // Written anew, so that the order of the map is that of the last visit.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > MAX_CALLERS && !oldest.done) this.#buckets.delete(oldest.value);
    return bucket.tryTake();
  }
}
