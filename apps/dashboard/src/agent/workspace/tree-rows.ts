import { pathIn, TOP } from './paths.js';
import type { DirectoryEntry, DirectoryListing } from './workspace-queries.js';

/** What is known of a directory. */
export type DirectoryState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'listed'; readonly listing: DirectoryListing };

interface RowPlace {
  /** The path; of a note, that of its directory and a slash. */
  readonly key: string;
  /** Depth, from 1. */
  readonly level: number;
  readonly position: number;
  readonly size: number;
}

/** One row of the tree: an entry, or a note that stands in the place of entries. */
export type TreeRow = RowPlace &
  (
    | { readonly kind: 'entry'; readonly entry: DirectoryEntry; readonly isExpanded: boolean }
    | { readonly kind: 'note'; readonly text: string; readonly failed?: unknown }
  );

/** Gives the rows of a tree as they stand below each other; `stateOf` gives what is known of a directory. */
export function treeRows(
  stateOf: (path: string) => DirectoryState,
  expanded: ReadonlySet<string>,
): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (directory: string, level: number): void => {
    const note = (
      text: string,
      more: { readonly failed?: unknown; readonly position?: number } = {},
    ): void => {
      const { position = 1, ...rest } = more;
      rows.push({ kind: 'note', key: `${directory}/`, level, position, size: position, text, ...rest });
    };
    const state = stateOf(directory);
    if (state.kind !== 'listed') {
      if (state.kind === 'loading') note('Reading …');
      else note('Could not be read', { failed: state.error });
      return;
    }
    const { entries, isTruncated } = state.listing;
    const size = entries.length + (isTruncated ? 1 : 0);
    for (const [index, entry] of entries.entries()) {
      const key = pathIn(directory, entry.name);
      const isExpanded = entry.type === 'directory' && expanded.has(key);
      rows.push({ kind: 'entry', key, level, position: index + 1, size, entry, isExpanded });
      if (isExpanded) add(key, level + 1);
    }
    if (entries.length === 0) note('Empty');
    else if (isTruncated)
      note(`Only the first ${entries.length.toLocaleString('en')} entries are listed`, { position: size });
  };
  add(TOP, 1);
  return rows;
}

/** Gives every directory between the top and a path, without either. */
export function directoriesAbove(path: string): readonly string[] {
  const names = path.split('/').slice(0, -1);
  return names.slice(1).map((_, index) => names.slice(0, index + 2).join('/'));
}
