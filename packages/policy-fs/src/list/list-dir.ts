import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { checkKeys } from '../options/known-keys.js';
import { limitOf } from '../options/limit.js';
import type { Dir, EntryName } from '../walk/backend.js';
import type { ZonePath } from '../walk/locate.js';
import {
  bytesOf,
  compareNames,
  describeEntry,
  nameOf,
  sortedNames,
  type DirEntry,
} from './directory-entry.js';
import { holdDirectory } from './hold-directory.js';

/** What {@link AgentFS.listDir} takes. */
export interface ListOptions {
  /** At most so many entries; 10,000 by default. */
  readonly limit?: number;
  /** Continues after an earlier page. */
  readonly cursor?: string;
}

/** One page of a listing. */
export interface DirPage {
  readonly entries: readonly DirEntry[];
  /** Where to continue; absent on the last page. */
  readonly nextCursor?: string;
}

/** The entries of a directory; `nextCursor` is there when a limit cut the list. */
export type DirListing = DirEntry[] & { readonly nextCursor?: string };

const LIST_OPTIONS: readonly (keyof ListOptions)[] = ['limit', 'cursor'];
const DEFAULT_LIMIT = 10_000;

/** Gives one page of a directory, sorted by name. */
export function listPage(context: FsContext, call: Call, gated: ZonePath, options: ListOptions): DirPage {
  const part = partOf(options);
  const held = holdDirectory(context, call, gated);
  try {
    const page = cutOut(held.dir, sortedNames(held.dir), part);
    held.dir.confirm();
    return page;
  } finally {
    held.release();
  }
}

/** Gives one page of the visible zones that exist, as the entries of the agent root. */
export function listZonePage(context: FsContext, call: Call, options: ListOptions): DirPage {
  call.reached('.', undefined);
  const { dir } = context.locator.root;
  const names = listZones(context).map(({ name }) => name);
  return cutOut(dir, names, partOf(options));
}

/** Gives the visible zones that exist, sorted by name. */
export function listZones({ locator: { root } }: FsContext): DirEntry[] {
  const entries: DirEntry[] = [];
  for (const name of [...root.table.visible.keys()].sort()) {
    const entry = describeEntry(root.dir, name);
    if (entry?.type === 'directory') entries.push(entry);
  }
  return entries;
}

interface Part {
  readonly limit: number;
  readonly after: EntryName | undefined;
}

function partOf(options: ListOptions): Part {
  checkKeys(options, LIST_OPTIONS);
  const { limit, cursor } = options;
  return {
    limit: limitOf('limit', limit, DEFAULT_LIMIT),
    after: cursor === undefined ? undefined : readCursor(cursor),
  };
}

function cutOut(dir: Dir, names: readonly EntryName[], { limit, after }: Part): DirPage {
  const first = after === undefined ? 0 : firstAfter(names, after);
  const page = names.slice(first, first + limit);
  const last = page.at(-1);
  const entries = page.flatMap((name) => describeEntry(dir, name) ?? []);
  const more = last !== undefined && first + limit < names.length;
  return { entries, ...(more ? { nextCursor: bytesOf(last).toString('base64url') } : {}) };
}

/** Binary search: the names are sorted, and a page of a large directory should not look at all of them. */
function firstAfter(names: readonly EntryName[], after: EntryName): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareNames(names[middle] ?? '', after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function readCursor(cursor: unknown): EntryName {
  if (typeof cursor !== 'string' || !/^[A-Za-z0-9_-]{1,400}$/.test(cursor)) {
    throw new AgentFSError('INVALID_PATH', {
      reason: 'The cursor is not one that was given out.',
      hint: 'List from the beginning.',
    });
  }
  return nameOf(Buffer.from(cursor, 'base64url'));
}
