import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import { namesIn } from '../list/directory-entry.js';
import type { Dir, Entry, EntryName } from '../walk/backend.js';
import type { PinnedRoot } from '../walk/pinned-root.js';

const MAX_ENTRIES = 100_000;

/**
 * Refuses what is no regular file with one name. With `allow`, a second name is accepted unless it belongs to a file of
 * a hidden or read-only zone, found by comparing inodes.
 *
 * @throws AgentFSError `IS_A_DIRECTORY`, `SPECIAL_FILE` or `HARD_LINK`.
 */
export function checkRegular(
  entry: Entry,
  root: PinnedRoot,
  hardLinks: 'deny' | 'allow',
  writing: boolean,
): void {
  if (entry.kind === 'directory') throw new AgentFSError('IS_A_DIRECTORY');
  if (entry.kind !== 'file') throw new AgentFSError('SPECIAL_FILE');
  if (entry.stat.nlink <= 1) return;
  if (hardLinks === 'deny') throw new AgentFSError('HARD_LINK');
  const guarded = root.table.zones.filter(({ mode }) => mode === 'hidden' || (writing && mode === 'ro'));
  const identity = entry.identity();
  let left = MAX_ENTRIES;
  for (const { name } of guarded) {
    let dir: Dir;
    try {
      dir = root.backend.openDir(root.dir, name);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue;
      throw error;
    }
    left = search(root, dir, identity, left);
  }
}

/** Holds an entry, or gives `undefined` when it is gone: the owner of a zone works in it meanwhile. */
function openPresent({ backend }: PinnedRoot, dir: Dir, name: EntryName): Entry | undefined {
  try {
    return backend.openEntry(dir, name);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Looks through a directory and what is below it, and closes it. */
function search(root: PinnedRoot, top: Dir, identity: string, budget: number): number {
  let left = budget;
  const waiting: Dir[] = [top];
  try {
    for (let dir = waiting.pop(); dir; dir = waiting.pop()) {
      try {
        for (const name of namesIn(dir)) {
          left -= 1;
          const entry = openPresent(root, dir, name);
          if (!entry) continue;
          const same = entry.identity() === identity;
          if (entry.kind === 'directory') waiting.push(entry.asDir());
          else entry.close();
          if (same || left < 0 || waiting.length > 500) throw new AgentFSError('HARD_LINK');
        }
      } finally {
        dir.close();
      }
    }
  } finally {
    for (const dir of waiting) dir.close();
  }
  return left;
}
