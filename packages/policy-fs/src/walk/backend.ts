import type { Stats } from 'node:fs';

/** What an entry is, told without opening it for reading or writing. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

/** A name in a directory; its bytes where they are no UTF-8, which Linux admits. */
export type EntryName = string | Buffer;

/** Gives the kind of an entry from its status. */
export function kindOf(stat: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): EntryKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/**
 * A directory that is held. With the kernel backend it is a descriptor, and `at(name)` acts on exactly this directory
 * wherever it is moved; with the detecting backend it is a path whose identity `confirm()` compares.
 */
export interface Dir {
  /** A path for one system call on the entry `name` of this directory; the call looks up one name and no more. */
  at(name: string): string;
  at(name: EntryName): EntryName;
  /** A path for system calls on the directory itself. */
  readonly self: string;
  /** Throws `RACE` when the directory is no longer where it was found; never with the kernel backend. */
  confirm(): void;
  /** Releases the directory, once; a pinned zone ignores it. */
  close(): void;
}

/** An entry that is held without having been opened: no side effect on a FIFO or a device. */
export interface Entry {
  readonly stat: Stats;
  readonly kind: EntryKind;
  /** Opens exactly this inode and gives the descriptor; `flags` are those of open(2) without creation. */
  open(flags: number): number;
  /** The directory itself, when the entry is one; the entry must not be closed after that. */
  asDir(): Dir;
  /** Device and inode with full precision, for comparing. */
  identity(): string;
  close(): void;
}

/** How directories and entries are held on this platform. Errors are plain system errors. */
export interface Backend {
  /** `kernel`: no swap of names leads out. `detect`: a swap is noticed, in the worst case after one effect. */
  readonly containment: 'kernel' | 'detect';
  /** Holds the directory at a path of the operator's, links followed. */
  openTop(path: string): Dir;
  /** Holds a directory by its name; a link or anything else fails with ENOTDIR or ELOOP. */
  openDir(parent: Dir, name: EntryName): Dir;
  /**
   * Holds an entry by its name, a link as a link. With `nameOnly` its content will be neither read nor written, so links
   * that are just being made or removed need not be waited for.
   */
  openEntry(parent: Dir, name: EntryName, nameOnly?: boolean): Entry;
  /** The real path of a held directory now. */
  realPath(dir: Dir): string;
  /** Gives the owner every right to a held directory, whatever takes its name; absent where only names are known. */
  openUp?(dir: Dir): void;
  /** Identifies the mount of a held directory or entry. */
  mountOf(held: Dir | Entry): string;
  /** Holds an entry several names below a directory in one step, or gives `undefined` when only the walk can tell. */
  openVerified?(dir: Dir, dirPath: string, below: string, nameOnly?: boolean): Entry | undefined;
  /** The same for a directory. */
  openVerifiedDir?(dir: Dir, dirPath: string, below: string): Dir | undefined;
}
