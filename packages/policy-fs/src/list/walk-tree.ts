import { setImmediate as turn } from 'node:timers/promises';
import { errnoOf } from '../errors/from-system-error.js';
import type { Backend, Dir, EntryName } from '../walk/backend.js';
import type { PinnedZone } from '../walk/pinned-root.js';
import { sortedEntries, type AnyDirent } from './directory-entry.js';
import { GitIgnore } from './git-ignore.js';

/** An entry that the walk meets. */
export interface TreeItem {
  readonly dir: Dir;
  readonly entry: AnyDirent;
  /** The entry's name as text. */
  readonly name: string;
  /** Canonical path. */
  readonly path: string;
  readonly depth: number;
}

/** How a tree is walked. */
export interface TreeWalkOptions<Frame> {
  readonly backend: Backend;
  readonly zone: PinnedZone;
  readonly maxDepth: number;
  readonly gitignore: boolean;
  /** Gets each entry with what its directory was given; gives something for a directory that is to be entered. */
  readonly visit: (item: TreeItem, frame: Frame) => Frame | undefined;
  /** Ends the walk early. */
  readonly done: () => boolean;
}

const TURN_MS = 10;

/** Walks what is below a held directory in order of names, by descriptors; links are met, not followed. */
export async function walkTree<Frame>(
  dir: Dir,
  path: string,
  frame: Frame,
  options: TreeWalkOptions<Frame>,
): Promise<void> {
  let turned = performance.now();
  const enter = async (
    at: Dir,
    base: string,
    own: Frame,
    depth: number,
    above: GitIgnore | undefined,
  ): Promise<void> => {
    const ignored = options.gitignore ? GitIgnore.in(options.backend, at, base, above) : undefined;
    for (const entry of sortedEntries(at)) {
      // Other calls get their turn; the descriptors of the way stay open meanwhile.
      if (performance.now() - turned > TURN_MS) {
        await turn();
        turned = performance.now();
      }
      if (options.done()) return;
      const name = entry.name.toString();
      const itemPath = `${base}/${name}`;
      const directory = entry.isDirectory();
      if (ignored?.covers(itemPath, directory)) continue;
      const child = options.visit({ dir: at, entry, name, path: itemPath, depth }, own);
      if (child === undefined || !directory || depth >= options.maxDepth) continue;
      const held = tryOpen(options, at, entry.name);
      if (!held) continue;
      try {
        await enter(held, itemPath, child, depth + 1, ignored);
      } catch (error) {
        // Its owner took the rights away; the rest of the tree is there none the less.
        if (errnoOf(error) !== 'EACCES') throw error;
      } finally {
        held.close();
      }
    }
  };
  await enter(dir, path, frame, 1, undefined);
}

/** Gives a directory on the zone's own mount; what vanished, may not be read or is mounted there is passed over. */
function tryOpen(
  { backend, zone }: Pick<TreeWalkOptions<unknown>, 'backend' | 'zone'>,
  parent: Dir,
  name: EntryName,
): Dir | undefined {
  let held: Dir;
  try {
    held = backend.openDir(parent, name);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  if (backend.mountOf(held) === zone.mount) return held;
  held.close();
  return undefined;
}
