import { performance } from 'node:perf_hooks';

const WINDOW_MS = 60_000;
/** Beyond this the oldest keys are forgotten: memory stays bounded whatever names are tried. */
const MAX_KEYS = 10_000;

/** Counts failures per key in windows of a minute. */
export class FailureLimit {
  readonly #max: number;
  readonly #failures = new Map<string, { count: number; until: number }>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Tells whether a key has failed as often as it may. */
  isPassed(key: string): boolean {
    const entry = this.#failures.get(key);
    return entry !== undefined && entry.until > performance.now() && entry.count >= this.#max;
  }

  /** Counts a failure. */
  add(key: string): void {
    const now = performance.now();
    const entry = this.#failures.get(key);
    if (entry !== undefined && entry.until > now) {
      entry.count += 1;
      return;
    }
    this.#failures.delete(key);
    this.#failures.set(key, { count: 1, until: now + WINDOW_MS });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_KEYS && oldest !== undefined) this.#failures.delete(oldest);
  }
}
