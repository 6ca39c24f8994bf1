import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK = 512;

/**
 * Gives the bytes that directories really take on disk: blocks are counted, not sizes, so a sparse file of a terabyte
 * weighs what it holds, and a file with two names counts once. Links are not followed; what vanishes meanwhile is
 * skipped.
 */
export async function diskUsage(directories: readonly string[], signal?: AbortSignal): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  const count = async (path: string): Promise<boolean> => {
    const found = await lstat(path).catch(() => undefined);
    if (!found) return false;
    if (found.nlink > 1 && !found.isDirectory()) {
      const id = `${found.dev}:${found.ino}`;
      if (seen.has(id)) return false;
      seen.add(id);
    }
    bytes += found.blocks * BLOCK;
    return found.isDirectory();
  };
  const pending = [...directories];
  for (const path of directories) await count(path);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    signal?.throwIfAborted();
    const directory = await opendir(path).catch(() => undefined);
    if (!directory) continue;
    for await (const entry of directory) {
      const child = join(path, entry.name);
      if (await count(child)) pending.push(child);
    }
  }
  return bytes;
}
