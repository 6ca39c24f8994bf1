import type { Stats } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Quota } from '../fs-settings.js';
import type { PinnedRoot } from '../walk/pinned-root.js';
import { UsageCount } from './usage-count.js';

const FRESH_MS = 5_000;
// Times of files lag behind the clock, 10 ms at most on Linux.
const STEP_MS = 20;

/** What a change is going to take. */
export interface Demand {
  /** Size of the new content. */
  readonly bytes: number;
  /** New files and directories. */
  readonly files: number;
  /** Status of the file that the content replaces. */
  readonly replaced?: Stats | undefined;
}

/** Room that was taken for a change in progress. It ends with `keep` or `drop`, whichever comes first. */
export interface Reservation {
  /** Tells the name under which the content is being written, so that a count does not take it twice. */
  writesTo(temporary: string): void;
  /** The change is in place; to be called in the same turn. */
  keep(): void;
  /** The change did not happen. */
  drop(): void;
}

const nothing = (): void => undefined;
const UNLIMITED: Reservation = { writesTo: nothing, keep: nothing, drop: nothing };

class Pending implements Reservation {
  readonly demand: Demand;
  /** What it adds to the bytes that were counted. */
  charge: number;
  temporary: string | undefined;
  readonly #end: (pending: Pending, kept: boolean) => void;

  constructor(demand: Demand, charge: number, end: (pending: Pending, kept: boolean) => void) {
    this.demand = demand;
    this.charge = charge;
    this.#end = end;
  }

  writesTo(temporary: string): void {
    this.temporary = temporary;
  }

  keep(): void {
    this.#end(this, true);
  }

  drop(): void {
    this.#end(this, false);
  }
}

/**
 * Counts what the writable zones hold and refuses what would go beyond the quota, before it is published. What was counted
 * and what is being written are kept apart, so a new count forgets nothing. Between two counts the sum only grows: how
 * large something was when it was counted is not known once it is gone, for other programs write too.
 */
export class UsageMeter {
  readonly #root: PinnedRoot;
  readonly #quota: Quota | undefined;
  readonly #pending = new Set<Pending>();
  #bytes = 0;
  #files = 0;
  #closed = false;
  #countedAt = -Infinity;
  #countedTime = -Infinity;

  constructor(root: PinnedRoot, quota: Quota | undefined) {
    this.#root = root;
    this.#quota = quota;
  }

  /**
   * Takes room for a change, or throws `QUOTA`. What shrinks is always admitted. The count is renewed every five seconds
   * and before every refusal.
   */
  reserve(demand: Demand): Reservation {
    if (!this.#quota) return UNLIMITED;
    if (performance.now() - this.#countedAt > FRESH_MS) this.#count();
    let charge = this.#charge(demand);
    if (this.#exceeded(demand, charge)) {
      this.#count();
      charge = growth(demand);
      const limit = this.#exceeded(demand, charge);
      if (limit) throw new AgentFSError('QUOTA', { reason: limit });
    }
    const pending = new Pending(demand, charge, this.#end);
    this.#pending.add(pending);
    return pending;
  }

  readonly #end = (pending: Pending, kept: boolean): void => {
    if (!this.#pending.delete(pending) || !kept) return;
    this.#bytes += pending.charge;
    this.#files += pending.demand.files;
  };

  /** The growth; or all of it, where the file that is replaced may have become larger since it was counted. */
  #charge(demand: Demand): number {
    const { bytes, replaced } = demand;
    return replaced && replaced.ctimeMs > this.#countedTime - STEP_MS ? bytes : growth(demand);
  }

  #exceeded({ bytes, files, replaced }: Demand, charge: number): string | undefined {
    const { bytes: maxBytes = Infinity, files: maxFiles = Infinity } = this.#quota ?? {};
    const grows = bytes > (replaced?.size ?? 0);
    if (this.#closed && (grows || files > 0)) return 'A directory cannot be looked into and counted.';
    let allBytes = this.#bytes + charge;
    let allFiles = this.#files + files;
    for (const pending of this.#pending) {
      allBytes += pending.charge;
      allFiles += pending.demand.files;
    }
    if (grows && allBytes > maxBytes) {
      return `The limit of ${maxBytes} bytes for all files would be exceeded.`;
    }
    if (files > 0 && allFiles > maxFiles) {
      return `The limit of ${maxFiles} files and directories would be exceeded.`;
    }
    return undefined;
  }

  #count(): void {
    const reserved = new Map<string, number>();
    for (const { temporary, demand } of this.#pending) {
      if (temporary !== undefined) reserved.set(temporary, demand.bytes);
    }
    this.#countedTime = Date.now();
    const { bytes, files, closed } = new UsageCount(this.#root, reserved);
    this.#bytes = bytes;
    this.#files = files;
    this.#closed = closed;
    this.#countedAt = performance.now();
    // What they replace has been counted now.
    for (const pending of this.#pending) pending.charge = growth(pending.demand);
  }
}

function growth({ bytes, replaced }: Demand): number {
  return Math.max(0, bytes - (replaced?.size ?? 0));
}
