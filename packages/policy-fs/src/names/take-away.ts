import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { errnoOf } from '../errors/from-system-error.js';
import type { Dir, Entry } from '../walk/backend.js';
import { temporaryName } from '../write/temporary-file.js';

const idOf = (path: string): string | undefined => {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
};

/** Tells whether a path is a name of a held entry. */
export function isNameOf(path: string, entry: Entry): boolean {
  return idOf(path) === entry.identity();
}

/**
 * Removes the old name of an entry that was linked to a new one. The name may have been given to another file since, as
 * every atomic write does; so it is first taken out of the way and looked at, and put back when it is not ours.
 */
export function takeAway(parent: Dir, name: string, moved: Entry, to: string): void {
  const from = parent.at(name);
  const parked = parent.at(temporaryName());
  // What is a directory by now was never moved.
  if (lstatSync(from, { throwIfNoEntry: false })?.isDirectory() === true) return;
  try {
    renameSync(from, parked);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  const found = idOf(parked);
  if (found === moved.identity() || found === idOf(to)) unlinkSync(parked);
  else putBack(parked, from);
}

/** Gives a file its name back, unless a still newer one has it. */
function putBack(parked: string, from: string): void {
  try {
    linkSync(parked, from);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') {
      // A directory after all, or a file that may not be linked.
      renameSync(parked, from);
      return;
    }
  }
  unlinkSync(parked);
}
