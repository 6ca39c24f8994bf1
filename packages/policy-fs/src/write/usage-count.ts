import { errnoOf } from '../errors/from-system-error.js';
import { describeEntry, entriesIn } from '../list/directory-entry.js';
import type { Dir, EntryName } from '../walk/backend.js';
import type { PinnedRoot } from '../walk/pinned-root.js';

// It went away, or changed its kind, while it was counted.
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP'];
const MAX_DEPTH = 256;

/** One look at everything that the writable zones hold. */
export class UsageCount {
  bytes = 0;
  files = 0;
  /** A directory could not be looked into. */
  closed = false;
  readonly #root: PinnedRoot;
  readonly #reserved: Map<string, number>;

  /**
   * Counts, also left-over temporary files: what is left out could be used to store more. Of a temporary file that room is
   * reserved for no more is left out than that, and once for each name.
   */
  constructor(root: PinnedRoot, reserved: Map<string, number>) {
    this.#root = root;
    this.#reserved = reserved;
    for (const { name, mode } of root.table.zones) {
      if (mode !== 'rw') continue;
      try {
        const dir = root.backend.openDir(root.dir, name);
        this.#countDir(dir, 0, root.backend.mountOf(dir));
      } catch (error) {
        if (!GONE.includes(errnoOf(error) ?? '')) throw error;
      }
    }
  }

  #countDir(dir: Dir, depth: number, mount: string): void {
    try {
      if (this.#root.backend.mountOf(dir) !== mount) return;
      for (const entry of entriesIn(dir)) {
        try {
          if (entry.isFile()) this.#countFile(dir, entry.name);
          else {
            this.files += 1;
            if (entry.isDirectory()) this.#countBelow(dir, entry.name, depth + 1, mount);
          }
        } catch (error) {
          if (!GONE.includes(errnoOf(error) ?? '')) throw error;
        }
      }
    } finally {
      dir.close();
    }
  }

  #countFile(dir: Dir, name: EntryName): void {
    const size = describeEntry(dir, name)?.size ?? 0;
    const reserved = typeof name === 'string' ? this.#reserved.get(name) : undefined;
    if (reserved === undefined || typeof name !== 'string') {
      this.files += 1;
      this.bytes += size;
    } else {
      this.#reserved.delete(name);
      this.bytes += Math.max(0, size - reserved);
    }
  }

  #countBelow(parent: Dir, name: EntryName, depth: number, mount: string): void {
    const entry = this.#root.backend.openEntry(parent, name);
    const own = entry.stat.uid === process.geteuid?.();
    try {
      if (entry.kind !== 'directory') return;
      if (depth > MAX_DEPTH) this.closed = true;
      else this.#countDir(entry.asDir(), depth, mount);
    } catch (error) {
      if (errnoOf(error) !== 'EACCES') throw error;
      // Whoever took his own rights away can give them back; what somebody else keeps closed is not the agent's.
      if (own) this.closed = true;
    } finally {
      entry.close();
    }
  }
}
