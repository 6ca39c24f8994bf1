import { performance } from 'node:perf_hooks';
import type { EgressLimitName } from '../errors.js';

const longestTimer = 2 ** 31 - 1;

/**
 * One timer for the deadlines of many requests: starting and stopping one for each costs more than judging a URL. It
 * does not keep the process alive; the sockets that are waited for do.
 */
export class DeadlineClock {
  readonly #waiting = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;

  /** When its timer fires, on the clock of `performance.now()`. */
  get firesAt(): number {
    return this.#firesAt;
  }

  /** Sees to it that a deadline is looked at no later than when it is due. */
  watch(deadline: Deadline): void {
    this.#waiting.add(deadline);
    if (deadline.due < this.#firesAt) this.#start(deadline.due);
  }

  /** Forgets a deadline. */
  forget(deadline: Deadline): void {
    this.#waiting.delete(deadline);
  }

  #start(due: number): void {
    clearTimeout(this.#timer);
    const ms = due - performance.now();
    this.#firesAt = ms > longestTimer ? performance.now() + longestTimer : due;
    this.#timer = setTimeout(() => this.#fire(), Math.min(ms, longestTimer)).unref();
  }

  #fire(): void {
    this.#firesAt = Infinity;
    // Timers may fire up to a millisecond early.
    const now = performance.now() + 1;
    let next = Infinity;
    for (const deadline of [...this.#waiting]) {
      if (deadline.due <= now) deadline.pass();
      else if (deadline.due < next) next = deadline.due;
    }
    if (next < this.#firesAt) this.#start(next);
  }
}

/** A deadline that moves with every chunk. Moving it costs a clock reading. */
export class Deadline {
  readonly #clock: DeadlineClock;
  readonly #pass: (limit: EgressLimitName, ms: number) => void;
  #limit: EgressLimitName = 'idleMs';
  #ms = Infinity;
  #due = Infinity;
  #watched = false;

  /** `pass` is called once the deadline has passed. */
  constructor(clock: DeadlineClock, pass: (limit: EgressLimitName, ms: number) => void) {
    this.#clock = clock;
    this.#pass = pass;
  }

  /** When it passes, on the clock of `performance.now()`. */
  get due(): number {
    return this.#due;
  }

  /** Sets the deadline to `ms` from now; `Infinity` takes it away. */
  set(limit: EgressLimitName, ms: number): void {
    this.#limit = limit;
    this.#ms = ms;
    this.#due = performance.now() + ms;
    if (ms === Infinity) this.clear();
    else if (!this.#watched || this.#due < this.#clock.firesAt) {
      this.#watched = true;
      this.#clock.watch(this);
    }
  }

  /** Takes the deadline away. */
  clear(): void {
    this.#due = Infinity;
    if (this.#watched) this.#clock.forget(this);
    this.#watched = false;
  }

  /** For the clock: the deadline has passed. */
  pass(): void {
    this.clear();
    this.#pass(this.#limit, this.#ms);
  }
}
