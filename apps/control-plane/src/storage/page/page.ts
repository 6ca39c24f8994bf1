/** What a list query may ask for. */
export interface PageRequest {
  /** At most this many items; 50 unless given, never more than 200. */
  readonly limit?: number;
  /** `next_cursor` of the page before; anything else is refused with `CURSOR_INVALID`. */
  readonly cursor?: string;
}

/** One page of a list, in the shape that the API answers with. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly next_cursor?: string;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Gives the number of items of a page: 50 unless asked for, between 1 and 200. */
export function pageLimit(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1) throw new TypeError('limit: expected a whole number above 0');
  return Math.min(limit, MAX_LIMIT);
}
