import { CallerBuckets } from '../limits/caller-buckets.js';
import { TokenBucket } from '../limits/token-bucket.js';

/** What one caller may write into the log by being refused: at once, and for each second. */
const OF_ONE = { burst: 20, perSecond: 0.5 } as const;
/** What all may write together. */
const OF_ALL = { burst: 200, perSecond: 10 } as const;

/** How many rows refusals may write, for each caller and for all together: whoever is refused decides how often. */
export class RowBudget {
  readonly #callers: CallerBuckets;
  readonly #all: TokenBucket;
  #left = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#callers = new CallerBuckets(OF_ONE.burst, OF_ONE.perSecond, now);
    this.#all = new TokenBucket(OF_ALL.burst, OF_ALL.perSecond, now);
  }

  /** Gives what belongs into the row besides the event: how many were left out before it. Undefined to leave this one out. */
  take(caller: string): { readonly left_out?: number } | undefined {
    if (!this.#callers.tryTake(caller) || !this.#all.tryTake()) {
      this.#left += 1;
      return undefined;
    }
    const left = this.#left;
    this.#left = 0;
    return left > 0 ? { left_out: left } : {};
  }

  /** Takes back rows that could not be written; the next one counts them. */
  lost(count: number): void {
    this.#left += count;
  }
}
