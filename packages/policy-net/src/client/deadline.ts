import { performance } from 'node:perf_hooks';
import type { EgressLimitName } from '../errors.js';
import { startTimer } from './limits.js';

/**
 * A deadline that moves with every chunk. Moving it costs a clock reading: the timer behind it is left alone as long as
 * it fires no later than the deadline, and is started again for the rest when it fires early.
 */
export class Deadline {
  readonly #pass: (limit: EgressLimitName, ms: number) => void;
  #limit: EgressLimitName = 'idleMs';
  #ms = Infinity;
  #due = Infinity;
  #firesAt = Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** `pass` is called once the deadline has passed. */
  constructor(pass: (limit: EgressLimitName, ms: number) => void) {
    this.#pass = pass;
  }

  /** Sets the deadline to `ms` from now. */
  set(limit: EgressLimitName, ms: number): void {
    this.#limit = limit;
    this.#ms = ms;
    this.#due = performance.now() + ms;
    if (this.#timer === undefined || this.#firesAt > this.#due) this.#start(ms);
  }

  /** Takes the deadline away. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = Infinity;
  }

  #start(ms: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = performance.now() + ms;
    this.#timer = startTimer(ms, () => {
      this.#timer = undefined;
      const rest = this.#due - performance.now();
      // Timers may fire up to a millisecond early.
      if (rest > 1) this.#start(rest);
      else this.#pass(this.#limit, this.#ms);
    });
  }
}
