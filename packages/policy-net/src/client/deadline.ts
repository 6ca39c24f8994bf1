import { performance } from 'node:perf_hooks';
import type { EgressLimitName } from '../errors.js';

const longestTimer = 2 ** 31 - 1;

/** Something that ends unless its deadline is moved in time. */
export interface Timed {
  /** When its deadline passes, on the clock of `performance.now()`; `Infinity` for none. */
  readonly due: number;
  /** Where the clock keeps it; -1 when it does not. Only the clock writes it. */
  place: number;
  /** Called once that moment has passed. It must move or remove the deadline. */
  pass(): void;
}

/**
 * One timer for the deadlines of many: starting and stopping one for each request costs more than judging a URL. It
 * does not keep the process alive; the sockets that are waited for do.
 */
export class DeadlineClock<Watched extends Timed> {
  /** In no order: whoever goes leaves its place to the last one. */
  readonly #watched: Watched[] = [];
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;

  /** All whose deadlines are looked at. */
  get watched(): readonly Watched[] {
    return this.#watched;
  }

  /** Looks at the deadline of `one` from now on. */
  watch(one: Watched): void {
    if (one.place < 0) one.place = this.#watched.push(one) - 1;
    this.notLaterThan(one.due);
  }

  /** Forgets one. */
  forget(one: Watched): void {
    if (one.place < 0) return;
    const last = this.#watched.pop();
    if (last !== undefined && last !== one) {
      this.#watched[one.place] = last;
      last.place = one.place;
    }
    one.place = -1;
  }

  /** A deadline has moved: sees to it that it is looked at when it is due. Later ones than before cost nothing. */
  notLaterThan(due: number): void {
    if (due >= this.#firesAt) return;
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
    for (const one of [...this.#watched]) {
      if (one.due <= now) one.pass();
      else if (one.due < next) next = one.due;
    }
    this.notLaterThan(next);
  }
}

/** A deadline by itself, for one who has none. Moving it costs a clock reading. */
export class Deadline implements Timed {
  readonly #clock: DeadlineClock<Timed>;
  readonly #pass: (limit: EgressLimitName, ms: number) => void;
  #limit: EgressLimitName = 'idleMs';
  #ms = Infinity;
  #due = Infinity;
  place = -1;

  /** `pass` is called once the deadline has passed. */
  constructor(clock: DeadlineClock<Timed>, pass: (limit: EgressLimitName, ms: number) => void) {
    this.#clock = clock;
    this.#pass = pass;
  }

  get due(): number {
    return this.#due;
  }

  /** Sets the deadline to `ms` from now; `Infinity` takes it away. */
  set(limit: EgressLimitName, ms: number): void {
    this.#limit = limit;
    this.#ms = ms;
    this.#due = performance.now() + ms;
    this.#clock.watch(this);
  }

  /** Takes the deadline away. */
  clear(): void {
    this.#due = Infinity;
    this.#clock.forget(this);
  }

  pass(): void {
    this.clear();
    this.#pass(this.#limit, this.#ms);
  }
}
