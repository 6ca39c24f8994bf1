import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** A protected path and what has to cover it. */
export interface Mask {
  readonly path: string;
  readonly kind: 'hide-directory' | 'hide-file' | 'read-only';
  /** Whether the mount point does not exist yet and is made for the run. */
  readonly absent: boolean;
}

const kindOf = (path: string): 'directory' | 'file' | 'link' | 'absent' => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return 'absent';
  return stat.isSymbolicLink() ? 'link' : stat.isDirectory() ? 'directory' : 'file';
};

/**
 * Gives the masks for protected paths. A name that does not exist is masked too, so that a command cannot create it
 * (CVE-2026-25725); a name below a directory that does not exist is not, because that would create the directory.
 */
export function planMasks(paths: readonly string[]): Mask[] {
  const masks: Mask[] = [];
  for (const path of paths) {
    const kind = kindOf(path);
    if (basename(path) === 'hooks') {
      // git must be able to read its hooks directory; it must not change.
      if (kind === 'directory') masks.push({ path, kind: 'read-only', absent: false });
      else if (kind === 'absent' && kindOf(dirname(path)) === 'directory') {
        masks.push({ path, kind: 'hide-directory', absent: true });
      }
    } else if (kind === 'directory') {
      masks.push({ path, kind: 'hide-directory', absent: false });
    } else if (kind === 'file') {
      masks.push({ path, kind: 'hide-file', absent: false });
    } else if (kind === 'absent') {
      masks.push({ path, kind: path.endsWith('.json') ? 'hide-file' : 'hide-directory', absent: true });
    }
  }
  return masks;
}

/** Counts runs that use a mount point made for masking, and removes it, still empty, after the last. */
export class MountPoints {
  readonly #users = new Map<string, number>();

  hold(masks: readonly Mask[]): () => void {
    const made = masks.filter(({ path, absent }) => absent || this.#users.has(path));
    for (const { path } of made) this.#users.set(path, (this.#users.get(path) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const { path, kind } of made) {
        const left = (this.#users.get(path) ?? 1) - 1;
        if (left > 0) {
          this.#users.set(path, left);
          continue;
        }
        this.#users.delete(path);
        removeEmpty(path, kind);
      }
    };
  }
}

function removeEmpty(path: string, kind: Mask['kind']): void {
  try {
    if (kind !== 'hide-file') rmdirSync(path);
    else if (lstatSync(path).size === 0) unlinkSync(path);
  } catch {
    // Not there, or no longer empty: then it is not ours.
  }
}
