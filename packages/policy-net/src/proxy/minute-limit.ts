import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

const WINDOW_MS = 60_000;
/** Memory stays bounded whatever names are tried: so many keys that count, and so many that are locked. */
const MAX_KEYS = 10_000;
/** A longer key is held as its digest, which is longer than this and so never one of the short ones. */
const MAX_KEY_LENGTH = 40;

interface Entry {
  count: number;
  readonly until: number;
}

/**
 * Counts events per key in windows of a minute. A key that has come as often as it may is locked until its window ends,
 * and never forgotten before; when as many are locked as are held, all keys count as locked.
 */
export class MinuteLimit {
  readonly #max: number;
  readonly #maxKeys: number;
  readonly #now: () => number;
  /** In the order of their start, which is that of their end. */
  readonly #counting = new Map<string, Entry>();
  readonly #locked = new Map<string, Entry>();
  #nextSweep = 0;

  constructor(max: number, maxKeys = MAX_KEYS, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#maxKeys = maxKeys;
    this.#now = now;
  }

  /** How many keys are held. */
  get size(): number {
    return this.#counting.size + this.#locked.size;
  }

  /** Tells whether a key has come as often as it may. */
  isPassed(key: string): boolean {
    const now = this.#now();
    const id = hold(key);
    const entry = this.#locked.get(id) ?? this.#counting.get(id);
    if (entry !== undefined && entry.until > now && entry.count >= this.#max) return true;
    if (this.#locked.size < this.#maxKeys) return false;
    this.#expire(now);
    return this.#locked.size >= this.#maxKeys;
  }

  /** How often a key may still come. */
  left(key: string): number {
    if (this.isPassed(key)) return 0;
    const entry = this.#counting.get(hold(key));
    return this.#max - (entry !== undefined && entry.until > this.#now() ? entry.count : 0);
  }

  /** Counts one more. */
  add(key: string): void {
    const now = this.#now();
    this.#expire(now);
    const id = hold(key);
    const lock = this.#locked.get(id);
    if (lock !== undefined && lock.until > now) return;
    this.#locked.delete(id);
    const entry = this.#counting.get(id) ?? { count: 0, until: now + WINDOW_MS };
    entry.count += 1;
    this.#counting.set(id, entry);
    if (entry.count >= this.#max && this.#locked.size < this.#maxKeys) {
      this.#counting.delete(id);
      this.#locked.set(id, entry);
    }
    const [oldest] = this.#counting.keys();
    if (this.#counting.size > this.#maxKeys && oldest !== undefined) this.#counting.delete(oldest);
  }

  #expire(now: number): void {
    for (const [id, { until }] of this.#counting) {
      if (until > now) break;
      this.#counting.delete(id);
    }
    // Locked at different points of their windows, so all have to be looked at: once a second.
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + 1_000;
    for (const [id, { until }] of this.#locked) if (until <= now) this.#locked.delete(id);
  }
}

function hold(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : createHash('sha256').update(key).digest('base64');
}
