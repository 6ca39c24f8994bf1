import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { errnoOf } from '../errors/from-system-error.js';
import { isTemporaryName } from '../path/temporary-names.js';
import type { Dir } from '../walk/backend.js';
import type { PinnedRoot } from '../walk/pinned-root.js';
import { isLeftOver } from './temporary-file.js';

const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 64;
const ENTRIES_PER_TURN = 2_000;

/** Removes what writers that were killed left behind in the writable zones; looks at no more than 50,000 entries. */
export async function sweepTemporaryFiles(root: PinnedRoot): Promise<number> {
  let left = MAX_ENTRIES;
  let turnAt = left - ENTRIES_PER_TURN;
  let swept = 0;
  const sweep = async (dir: Dir, depth: number, mount: string): Promise<void> => {
    try {
      if (root.backend.mountOf(dir) !== mount) return;
      for (const entry of readdirSync(dir.self, { withFileTypes: true })) {
        left -= 1;
        if (left < 0) return;
        if (left < turnAt) {
          turnAt = left - ENTRIES_PER_TURN;
          await turn();
        }
        if (isTemporaryName(entry.name)) {
          // A move parks links under such names as well.
          if (!entry.isDirectory() && removeLeftOver(dir, entry.name)) swept += 1;
        } else if (entry.isDirectory() && depth < MAX_DEPTH) {
          const child = quietly(() => root.backend.openDir(dir, entry.name));
          try {
            if (child) await sweep(child, depth + 1, mount);
          } catch (error) {
            // What cannot be read must not keep the rest from being swept.
            if (errnoOf(error) === undefined) throw error;
          }
        }
      }
    } finally {
      dir.close();
    }
  };
  for (const { name, mode } of root.table.zones) {
    if (mode !== 'rw') continue;
    const dir = quietly(() => root.backend.openDir(root.dir, name));
    if (!dir) continue;
    try {
      await sweep(dir, 0, root.backend.mountOf(dir));
    } catch (error) {
      // A zone that cannot be read is for the call that needs it to report.
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return swept;
}

function removeLeftOver(dir: Dir, name: string): boolean {
  const age = (): number =>
    Date.now() - (lstatSync(dir.at(name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (!isLeftOver(name, age)) return false;
  dir.confirm();
  return quietly(() => (unlinkSync(dir.at(name)), true)) ?? false;
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
