import { performance } from 'node:perf_hooks';

const WINDOW_MS = 60_000;
/** Beyond this the oldest keys are forgotten: memory stays bounded whatever names are tried. */
const MAX_KEYS = 10_000;

/** Counts events per key in windows of a minute. */
export class MinuteLimit {
  readonly #max: number;
  readonly #counts = new Map<string, { count: number; until: number }>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Tells whether a key has come as often as it may. */
  isPassed(key: string): boolean {
    const entry = this.#counts.get(key);
    return entry !== undefined && entry.until > performance.now() && entry.count >= this.#max;
  }

  /** Counts one more. */
  add(key: string): void {
    const now = performance.now();
    const entry = this.#counts.get(key);
    if (entry !== undefined && entry.until > now) {
      entry.count += 1;
      return;
    }
    this.#counts.delete(key);
    this.#counts.set(key, { count: 1, until: now + WINDOW_MS });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_KEYS && oldest !== undefined) this.#counts.delete(oldest);
  }
}
