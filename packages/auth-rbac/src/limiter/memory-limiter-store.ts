import { wholeNumber } from '../option-checks.js';
import type { LimiterBucket, LimiterStore } from './limiter-store.js';

/** A {@link LimiterStore} in memory, for tests and single processes: a restart forgets it. */
export class MemoryLimiterStore implements LimiterStore {
  readonly #buckets = new Map<string, LimiterBucket>();
  readonly #maxKeys: number;
  readonly #clock: () => number;

  constructor(options: { readonly maxKeys?: number; readonly clock?: () => number } = {}) {
    this.#maxKeys = wholeNumber('maxKeys', options.maxKeys ?? 100_000, 1, 10_000_000);
    this.#clock = options.clock ?? Date.now;
  }

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.#live(key)?.state);
  }

  update(key: string, change: (state: string | undefined) => LimiterBucket | undefined): Promise<void> {
    const next = change(this.#live(key)?.state);
    this.#buckets.delete(key);
    if (next) {
      this.#buckets.set(key, next);
      this.#shrink();
    }
    return Promise.resolve();
  }

  /** Keys that are held, for tests. */
  get size(): number {
    return this.#buckets.size;
  }

  #live(key: string): LimiterBucket | undefined {
    const bucket = this.#buckets.get(key);
    return bucket && bucket.expiresAt.getTime() > this.#clock() ? bucket : undefined;
  }

  #shrink(): void {
    // The oldest change comes first. Under a flood of addresses the bound holds and the oldest counts are lost.
    for (const [key, bucket] of this.#buckets) {
      if (this.#buckets.size <= this.#maxKeys && bucket.expiresAt.getTime() > this.#clock()) break;
      this.#buckets.delete(key);
    }
  }
}
