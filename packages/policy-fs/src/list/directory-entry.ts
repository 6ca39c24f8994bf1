import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { kindOf, type Dir, type EntryKind, type EntryName } from '../walk/backend.js';
import { isWriteInProgress } from '../write/temporary-file.js';

/** One entry of a listing. */
export interface DirEntry {
  /** The name; bytes that are no UTF-8 show as U+FFFD. */
  readonly name: string;
  /** A link is told as a link; it is not followed. */
  readonly type: EntryKind;
  /** Size in bytes; 0 for anything but a file. */
  readonly size: number;
  /** Time of the last change in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** A name in a directory and its kind, as the directory itself tells. */
export type AnyDirent = Dirent | Dirent<Buffer>;

const DECODED = '\uFFFD';
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Gives the names in a held directory, each such that it reaches its entry. */
export function namesIn(dir: Dir): EntryName[] {
  const names = readdirSync(dir.self);
  if (!names.some((name) => name.includes(DECODED))) return names;
  return readdirSync(dir.self, 'buffer').map((bytes) => nameOf(bytes));
}

/** Gives names and kinds in a held directory, each name such that it reaches its entry. */
export function entriesIn(dir: Dir): AnyDirent[] {
  const entries = readdirSync(dir.self, { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes(DECODED))) return entries;
  const bytes = readdirSync(dir.self, { withFileTypes: true, encoding: 'buffer' });
  return [
    ...entries.filter(({ name }) => !name.includes(DECODED)),
    ...bytes.filter(({ name }) => name.toString().includes(DECODED)),
  ];
}

/** Gives the names in a held directory in order of code units, without those of writes in progress. */
export function sortedNames(dir: Dir): EntryName[] {
  const names = namesIn(dir).filter(
    (name) =>
      typeof name !== 'string' || !isWriteInProgress(name) || describeEntry(dir, name)?.type !== 'file',
  );
  dir.confirm();
  return names.every((name) => typeof name === 'string') ? names.sort() : names.sort(compareNames);
}

/** Orders names by code units, and those that are shown alike by their bytes. */
export function compareNames(a: EntryName, b: EntryName): number {
  const [shownA, shownB] = [a.toString(), b.toString()];
  if (shownA !== shownB) return shownA < shownB ? -1 : 1;
  return Buffer.compare(bytesOf(a), bytesOf(b));
}

/** Gives the bytes of a name. */
export function bytesOf(name: EntryName): Buffer {
  return typeof name === 'string' ? Buffer.from(name) : name;
}

/** Gives a name such that it reaches its entry: text where the bytes are text. */
export function nameOf(bytes: Buffer): EntryName {
  return isText(bytes) ? bytes.toString() : bytes;
}

/** Gives names and kinds in a held directory, sorted by name, without writes in progress. */
export function sortedEntries(dir: Dir): AnyDirent[] {
  const entries = entriesIn(dir).filter(
    (entry) => typeof entry.name !== 'string' || !isWriteInProgress(entry.name) || !entry.isFile(),
  );
  dir.confirm();
  return entries.sort((a, b) => compareNames(a.name, b.name));
}

/** Gives one entry, or `undefined` when it is gone. */
export function describeEntry(dir: Dir, name: EntryName): DirEntry | undefined {
  const stat = lstatSync(dir.at(name), { throwIfNoEntry: false });
  if (!stat) return undefined;
  const type = kindOf(stat);
  return { name: name.toString(), type, size: type === 'file' ? stat.size : 0, mtimeMs: stat.mtimeMs };
}

function isText(bytes: Buffer): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
