/** Whose lookups count together: the name of an agent, or a client that is made for one. */
export type LookupOwner = string | object;

/** How much looking up may go on at a time. */
export interface LookupBounds {
  /** Lookups of one owner that have been started and have not settled. */
  readonly perOwner: number;
  /** The same of all owners. */
  readonly inAll: number;
  /** Lookups of one owner that wait for a turn. */
  readonly waiting: number;
}

interface OwnTurns {
  unsettled: number;
  /** The number of its last turn; 0 while it has had none. */
  last: number;
  readonly waiting: Set<() => Promise<unknown>>;
}

/**
 * Bounds lookups that nobody can call back: `getaddrinfo` keeps its thread of libuv's pool for as long as a name server
 * is silent, whoever has stopped waiting. So what counts is what has not settled, each owner has few turns, and the next
 * turn goes to the owner with the fewest (decision 0193).
 */
export class LookupTurns {
  readonly #bounds: LookupBounds;
  /** Owners with a lookup that waits or has not settled. */
  readonly #owners = new Map<LookupOwner, OwnTurns>();
  #unsettled = 0;
  #turns = 0;

  constructor(bounds: LookupBounds) {
    this.#bounds = bounds;
  }

  /** Owners that anything is kept for. */
  get owners(): number {
    return this.#owners.size;
  }

  /**
   * Calls `start` when it is the owner's turn, which may be now; the turn lasts until its promise settles. Gives what
   * forgets it while it waits, or `undefined` when too many of this owner wait already.
   */
  take(owner: LookupOwner, start: () => Promise<unknown>): (() => void) | undefined {
    const own = this.#owners.get(owner) ?? { unsettled: 0, last: 0, waiting: new Set() };
    if (own.waiting.size >= this.#bounds.waiting) return undefined;
    own.waiting.add(start);
    this.#owners.set(owner, own);
    this.#serve();
    return () => {
      // One that had its turn may be over, and its owner known anew.
      if (own.waiting.delete(start)) this.#drop(owner, own);
    };
  }

  #serve(): void {
    while (this.#unsettled < this.#bounds.inAll) {
      const next = this.#next();
      if (next === undefined) return;
      const [owner, own, start] = next;
      own.waiting.delete(start);
      own.last = this.#turns += 1;
      own.unsettled += 1;
      this.#unsettled += 1;
      const settled = (): void => {
        own.unsettled -= 1;
        this.#unsettled -= 1;
        this.#drop(owner, own);
        this.#serve();
      };
      start().then(settled, settled);
    }
  }

  #next(): readonly [LookupOwner, OwnTurns, () => Promise<unknown>] | undefined {
    let next: readonly [LookupOwner, OwnTurns, () => Promise<unknown>] | undefined;
    for (const [owner, own] of this.#owners) {
      if (own.unsettled >= this.#bounds.perOwner) continue;
      const [start] = own.waiting;
      if (start !== undefined && (next === undefined || isBefore(own, next[1]))) next = [owner, own, start];
    }
    return next;
  }

  #drop(owner: LookupOwner, own: OwnTurns): void {
    if (own.unsettled === 0 && own.waiting.size === 0) this.#owners.delete(owner);
  }
}

/** Whoever has less under way comes first, then whose last turn is longer ago. */
function isBefore(one: OwnTurns, other: OwnTurns): boolean {
  return one.unsettled === other.unsettled ? one.last < other.last : one.unsettled < other.unsettled;
}
