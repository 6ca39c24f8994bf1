import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import type { EntryKind } from '../walk/backend.js';
import type { ZonePath } from '../walk/locate.js';
import { describeEntry } from './directory-entry.js';
import { holdDirectory } from './hold-directory.js';
import { walkTree } from './walk-tree.js';

/** What {@link AgentFS.tree} takes. */
export interface TreeOptions {
  /** How many levels are given; 16 by default. */
  readonly maxDepth?: number;
  /** At most so many entries in all; 50,000 by default. */
  readonly limit?: number;
  /** Leaves out what the `.gitignore` files from this directory downwards name, and `.git`; `false` by default. */
  readonly gitignore?: boolean;
}

/** One entry of a tree. */
export interface TreeNode {
  readonly name: string;
  /** Canonical path. */
  readonly path: string;
  readonly type: EntryKind;
  /** Size in bytes; 0 for anything but a file. */
  readonly size: number;
  /** What is in a directory; absent below the last level and for anything else. */
  readonly children?: TreeNode[];
}

/** The entries of a tree; `truncated` is there when the limit cut it. */
export type TreeListing = TreeNode[] & { readonly truncated?: true };

// Long names in deep directories would make hundreds of megabytes of the entries that the limit admits.
const MAX_PATH_CHARACTERS = 16 * 1024 * 1024;

/** Gives what is below a directory, nested and sorted by name. */
export async function listTree(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  options: Required<TreeOptions>,
): Promise<TreeListing> {
  const { maxDepth, limit, gitignore } = options;
  let room = MAX_PATH_CHARACTERS;
  const nodes: TreeNode[] = [];
  const held = holdDirectory(context, call, gated);
  let left = limit;
  try {
    await walkTree(held.dir, held.path, nodes, {
      backend: context.locator.root.backend,
      zone: held.zone,
      maxDepth,
      gitignore,
      done: () => left < 0 || room < 0,
      visit({ dir, entry, name, path, depth }, siblings) {
        left -= 1;
        room -= path.length;
        if (left < 0 || room < 0) return undefined;
        if (entry.isDirectory()) {
          const children: TreeNode[] = [];
          siblings.push({
            name,
            path,
            type: 'directory',
            size: 0,
            ...(depth < maxDepth ? { children } : {}),
          });
          return children;
        }
        const described = describeEntry(dir, entry.name);
        if (described) siblings.push({ name, path, type: described.type, size: described.size });
        return undefined;
      },
    });
  } finally {
    held.release();
  }
  return left < 0 || room < 0 ? Object.assign(nodes, { truncated: true as const }) : nodes;
}

/**
 * Checks the options of a tree.
 *
 * @throws TypeError naming the bad option.
 */
export function checkTreeOptions(options: TreeOptions): Required<TreeOptions> {
  const { maxDepth = 16, limit = 50_000, gitignore = false } = options;
  if (!Number.isSafeInteger(maxDepth) || maxDepth < 1)
    throw new TypeError('option "maxDepth" must be a whole number, 1 or more');
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new TypeError('option "limit" must be a whole number, 1 or more');
  if (typeof (gitignore as unknown) !== 'boolean')
    throw new TypeError('option "gitignore" must be true or false');
  return { maxDepth: Math.min(maxDepth, 128), limit, gitignore };
}
