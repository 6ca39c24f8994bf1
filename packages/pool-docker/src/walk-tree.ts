import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { PoolError } from '@clawforce/pool-core';

/** Bytes of a path from which on a walk goes on from a descriptor: the kernel takes 4096, and a name has up to 255. */
const LONG = 3_500;
/** Descriptors that one walk holds at once. Each stands for a chain of directories as long as a path can be. */
const MAX_DESCRIPTORS = 256;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const VANISHED: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const CLOSED: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM']);

/** A directory that is open as long as something below it is still to be seen. */
interface Anchor {
  readonly handle: FileHandle;
  users: number;
}

interface Place {
  /** Bytes of a path as Latin-1 text, so that names that are no UTF-8 stay what they are. */
  readonly path: string;
  readonly anchor: Anchor | undefined;
}

/** How {@link walkTree} goes about it. */
export interface WalkOptions {
  /** Hears of every entry, the root first; a directory before what is in it. The path is good for this call only. */
  readonly visit: (path: Buffer, found: BigIntStats) => Promise<void> | void;
  /** Whether what vanishes is skipped, since somebody else writes meanwhile. */
  readonly changing: boolean;
  /** Hears of each place that this process may not look at, which is an error without it. */
  readonly onClosed?: () => void;
  readonly signal?: AbortSignal | undefined;
  /** Default 256. */
  readonly maxDescriptors?: number;
}

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/**
 * Sees every entry of a tree, however deep it is and whatever its names are: somebody who builds a tree below the
 * longest path hides nothing in it. Links are not followed.
 *
 * @throws PoolError `UNSUPPORTED` for a tree so deep that no honest program makes it.
 */
export async function walkTree(root: string, options: WalkOptions): Promise<void> {
  const { visit, changing, onClosed, signal, maxDescriptors = MAX_DESCRIPTORS } = options;
  const pending: Place[] = [];
  const anchors = new Set<Anchor>();
  const release = async (anchor: Anchor | undefined): Promise<void> => {
    if (!anchor || --anchor.users > 0) return;
    anchors.delete(anchor);
    await anchor.handle.close();
  };
  const tolerate = (error: unknown): undefined => {
    const { code } = error as NodeJS.ErrnoException;
    if (changing && VANISHED.has(code)) return undefined;
    if (!onClosed || !CLOSED.has(code)) throw error;
    onClosed();
    return undefined;
  };
  const see = async (place: Place): Promise<void> => {
    const found = await lstat(bytes(place.path), { bigint: true }).catch(tolerate);
    if (!found) return;
    await visit(bytes(place.path), found);
    if (!found.isDirectory()) return;
    if (place.anchor) place.anchor.users += 1;
    pending.push(place);
  };
  /** Gives a short name to a directory whose path gets too long. */
  const shorten = async (place: Place): Promise<Place | undefined> => {
    if (place.path.length <= LONG) return place;
    const handle = await open(bytes(place.path), DIRECTORY)
      .catch(tolerate)
      .finally(() => release(place.anchor));
    if (!handle) return undefined;
    const anchor: Anchor = { handle, users: 1 };
    anchors.add(anchor);
    if (anchors.size > maxDescriptors) {
      throw new PoolError('UNSUPPORTED', 'a directory is nested too deep to be looked at', {
        fix: 'remove it; no honest program needs a path of more than half a million bytes',
      });
    }
    return { path: `/proc/self/fd/${handle.fd}`, anchor };
  };
  try {
    await see({ path: Buffer.from(root).toString('latin1'), anchor: undefined });
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      signal?.throwIfAborted();
      const place = await shorten(next);
      if (!place) continue;
      const directory = await opendir(bytes(place.path), { encoding: 'latin1' }).catch(tolerate);
      if (directory) {
        for await (const { name } of directory)
          await see({ path: `${place.path}/${name}`, anchor: place.anchor });
      }
      await release(place.anchor);
    }
  } finally {
    for (const { handle } of anchors) await handle.close().catch(() => undefined);
  }
}
