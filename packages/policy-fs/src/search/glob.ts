import { toAgentFSError } from '../errors/from-system-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { holdDirectory } from '../list/hold-directory.js';
import { walkTree } from '../list/walk-tree.js';
import { flag } from '../options/flag.js';
import { checkKeys } from '../options/known-keys.js';
import { limitOf } from '../options/limit.js';
import { placeOfPattern } from './place-of-pattern.js';
import { GLOB_OPTIONS, type Cut, type GlobOptions } from './search-options.js';

const MAX_DEPTH = 128;
// Deep directories have paths of 32 KiB.
const MAX_PATH_CHARACTERS = 16 * 1024 * 1024;

/** Gives the canonical paths of files that match a pattern, sorted directory by directory; links are not followed. */
export async function globPaths(
  context: FsContext,
  call: Call,
  pattern: string,
  options: GlobOptions,
): Promise<Cut<string>> {
  checkKeys(options, GLOB_OPTIONS);
  const limit = limitOf('limit', options.limit, 10_000);
  const gitignore = flag('gitignore', options.gitignore);
  const { locator } = context;
  const { base, start } = placeOfPattern(locator, pattern, flag('dot', options.dot));
  const paths: string[] = [];
  let room = MAX_PATH_CHARACTERS;
  let held;
  try {
    held = holdDirectory(context, call, base);
  } catch (error) {
    if (['NOT_FOUND', 'NOT_A_DIRECTORY'].includes(toAgentFSError(error).code)) return paths;
    throw error;
  }
  try {
    await walkTree(held.dir, held.path, start, {
      backend: locator.root.backend,
      zone: held.zone,
      maxDepth: MAX_DEPTH,
      gitignore,
      done: () => paths.length > limit || room < 0,
      visit({ entry, name, path }, reached) {
        const next = reached.next(name);
        if (entry.isDirectory()) return next.open ? next : undefined;
        if (!next.matched) return undefined;
        room -= path.length;
        if (room >= 0) paths.push(path);
        return undefined;
      },
    });
  } finally {
    held.release();
  }
  return paths.length > limit || room < 0
    ? Object.assign(paths.slice(0, limit), { truncated: true as const })
    : paths;
}
