import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { Quota } from '../fs-settings.js';
import { describeEntry, entriesIn } from '../list/directory-entry.js';
import type { Dir, EntryName } from '../walk/backend.js';
import type { PinnedRoot } from '../walk/pinned-root.js';

// It went away, or changed its kind, while it was counted.
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP'];
const FRESH_MS = 5_000;
const MAX_DEPTH = 256;

/** Counts what the writable zones hold and refuses what would go beyond the quota, before it is published. */
export class UsageMeter {
  readonly #root: PinnedRoot;
  readonly #quota: Quota | undefined;
  #bytes = 0;
  #files = 0;
  #countedAt = -Infinity;
  #closed = false;

  constructor(root: PinnedRoot, quota: Quota | undefined) {
    this.#root = root;
    this.#quota = quota;
  }

  /**
   * Takes so many bytes and files into account, or throws `QUOTA`. What shrinks is always admitted. Other programs write
   * too, so the count is renewed every five seconds and before every refusal.
   */
  admit(bytes: number, files: number): void {
    if (!this.#quota) return;
    const now = performance.now();
    if (now - this.#countedAt > FRESH_MS) this.#count(now);
    if (this.#exceeded(bytes, files)) {
      this.#count(now);
      const limit = this.#exceeded(bytes, files);
      if (limit) throw new AgentFSError('QUOTA', { reason: limit });
    }
    this.#bytes += bytes;
    this.#files += files;
  }

  /** Gives bytes and files back: after a failed write, or for what was removed. */
  release(bytes: number, files: number): void {
    this.#bytes -= bytes;
    this.#files -= files;
  }

  #exceeded(bytes: number, files: number): string | undefined {
    const { bytes: maxBytes, files: maxFiles } = this.#quota ?? {};
    if (this.#closed && (bytes > 0 || files > 0)) return 'A directory cannot be looked into and counted.';
    if (maxBytes !== undefined && bytes > 0 && this.#bytes + bytes > maxBytes) {
      return `The limit of ${maxBytes} bytes for all files would be exceeded.`;
    }
    if (maxFiles !== undefined && files > 0 && this.#files + files > maxFiles) {
      return `The limit of ${maxFiles} files and directories would be exceeded.`;
    }
    return undefined;
  }

  #count(now: number): void {
    this.#bytes = 0;
    this.#files = 0;
    this.#closed = false;
    this.#countedAt = now;
    for (const { name, mode } of this.#root.table.zones) {
      if (mode !== 'rw') continue;
      try {
        const dir = this.#root.backend.openDir(this.#root.dir, name);
        this.#countDir(dir, 0, this.#root.backend.mountOf(dir));
      } catch (error) {
        if (!GONE.includes(errnoOf(error) ?? '')) throw error;
      }
    }
  }

  /** Counts everything, also writes in progress: what is left out could be used to store more. */
  #countDir(dir: Dir, depth: number, mount: string): void {
    try {
      if (this.#root.backend.mountOf(dir) !== mount) return;
      for (const entry of entriesIn(dir)) {
        this.#files += 1;
        try {
          if (entry.isDirectory()) {
            this.#countBelow(dir, entry.name, depth + 1, mount);
          } else if (entry.isFile()) {
            this.#bytes += describeEntry(dir, entry.name)?.size ?? 0;
          }
        } catch (error) {
          if (!GONE.includes(errnoOf(error) ?? '')) throw error;
        }
      }
    } finally {
      dir.close();
    }
  }

  #countBelow(parent: Dir, name: EntryName, depth: number, mount: string): void {
    const entry = this.#root.backend.openEntry(parent, name);
    const own = entry.stat.uid === process.geteuid?.();
    try {
      if (entry.kind !== 'directory') return;
      if (depth > MAX_DEPTH) this.#closed = true;
      else this.#countDir(entry.asDir(), depth, mount);
    } catch (error) {
      if (errnoOf(error) !== 'EACCES') throw error;
      // Whoever took his own rights away can give them back; what somebody else keeps closed is not the agent's.
      if (own) this.#closed = true;
    } finally {
      entry.close();
    }
  }
}
