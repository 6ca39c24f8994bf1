import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { isTemporaryName } from '../path/temporary-names.js';
import { kindOf, type Dir, type EntryKind } from '../walk/backend.js';

/** One entry of a listing. */
export interface DirEntry {
  readonly name: string;
  /** A link is told as a link; it is not followed. */
  readonly type: EntryKind;
  /** Size in bytes; 0 for anything but a file. */
  readonly size: number;
  /** Time of the last change in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** Gives the names in a held directory in order of code units, without those of writes in progress. */
export function sortedNames(dir: Dir): string[] {
  const names = readdirSync(dir.self).filter((name) => !isTemporaryName(name));
  dir.confirm();
  return names.sort();
}

/** Gives names and kinds in a held directory, sorted by name. */
export function sortedEntries(dir: Dir): Dirent[] {
  const entries = readdirSync(dir.self, { withFileTypes: true }).filter(({ name }) => !isTemporaryName(name));
  dir.confirm();
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Gives one entry, or `undefined` when it is gone. */
export function describeEntry(dir: Dir, name: string): DirEntry | undefined {
  const stat = lstatSync(dir.at(name), { throwIfNoEntry: false });
  if (!stat) return undefined;
  const type = kindOf(stat);
  return { name, type, size: type === 'file' ? stat.size : 0, mtimeMs: stat.mtimeMs };
}
