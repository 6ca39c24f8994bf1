import { walkTree } from './walk-tree.js';

const BLOCK = 512;

/** What {@link diskUsage} found. */
export interface DiskUse {
  readonly bytes: number;
  /** Places that this process may not look at, so that `bytes` says nothing of what is in them. */
  readonly closed: number;
}

/**
 * Gives the bytes that directories really take on disk: blocks are counted, not sizes, so a sparse file of a terabyte
 * weighs what it holds, and a file with two names counts once. Links are not followed; what vanishes meanwhile is
 * skipped.
 *
 * @throws PoolError `UNSUPPORTED` as {@link walkTree}.
 */
export async function diskUsage(directories: readonly string[], signal?: AbortSignal): Promise<DiskUse> {
  const seen = new Set<string>();
  let blocks = 0;
  let closed = 0;
  for (const directory of directories) {
    await walkTree(directory, {
      changing: true,
      onClosed: () => (closed += 1),
      signal,
      visit: (_path, found) => {
        if (found.nlink > 1n && !found.isDirectory()) {
          const id = `${found.dev}:${found.ino}`;
          if (seen.has(id)) return;
          seen.add(id);
        }
        blocks += Number(found.blocks);
      },
    });
  }
  return { bytes: blocks * BLOCK, closed };
}
