import type { Call } from '../audit/call.js';
import { toAgentFSError } from '../errors/from-system-error.js';
import type { FsContext } from '../fs-context.js';
import { flag } from '../options/flag.js';
import { checkKeys } from '../options/known-keys.js';
import { limitOf } from '../options/limit.js';
import type { EntryKind } from '../walk/backend.js';
import type { ZonePath } from '../walk/locate.js';
import { describeEntry } from './directory-entry.js';
import { holdDirectory } from './hold-directory.js';
import { listZones } from './list-dir.js';
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

const TREE_OPTIONS: readonly (keyof TreeOptions)[] = ['maxDepth', 'limit', 'gitignore'];
// Long names in deep directories would make hundreds of megabytes of the entries that the limit admits.
const MAX_PATH_CHARACTERS = 16 * 1024 * 1024;

/** Gives what is below a directory, nested and sorted by name. */
export async function listTree(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  options: Required<TreeOptions>,
): Promise<TreeListing> {
  const room = new Room(options.limit);
  return room.listing(await nodesBelow(context, call, gated, options, room));
}

/** Gives the visible zones and what is below them. */
export async function listZoneTrees(
  context: FsContext,
  call: Call,
  options: Required<TreeOptions>,
): Promise<TreeListing> {
  const room = new Room(options.limit);
  const below = { ...options, maxDepth: options.maxDepth - 1 };
  const zones: TreeNode[] = [];
  for (const { name } of listZones(context)) {
    if (!room.take(name)) break;
    const zone = { name, path: name, type: 'directory' as const, size: 0 };
    if (below.maxDepth === 0) zones.push(zone);
    else {
      zones.push({ ...zone, children: await zoneNodes(context, call, name, below, room) });
    }
  }
  call.reached('.', undefined);
  return room.listing(zones);
}

/** A zone that may not be read, or was taken away meanwhile, is shown empty, as any directory in a tree is. */
async function zoneNodes(
  context: FsContext,
  call: Call,
  name: string,
  options: Required<TreeOptions>,
  room: Room,
): Promise<TreeNode[]> {
  try {
    return await nodesBelow(context, call, context.locator.gateInZone(name), options, room);
  } catch (error) {
    if (['PERMISSION', 'NOT_FOUND'].includes(toAgentFSError(error).code)) return [];
    throw error;
  }
}

/** What a tree may still hold. */
class Room {
  #entries: number;
  #characters = MAX_PATH_CHARACTERS;

  constructor(limit: number) {
    this.#entries = limit;
  }

  get exceeded(): boolean {
    return this.#entries < 0 || this.#characters < 0;
  }

  take(path: string): boolean {
    this.#entries -= 1;
    this.#characters -= path.length;
    return !this.exceeded;
  }

  listing(nodes: TreeNode[]): TreeListing {
    return this.exceeded ? Object.assign(nodes, { truncated: true as const }) : nodes;
  }
}

async function nodesBelow(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  { maxDepth, gitignore }: Required<TreeOptions>,
  room: Room,
): Promise<TreeNode[]> {
  const nodes: TreeNode[] = [];
  const held = holdDirectory(context, call, gated);
  try {
    await walkTree(held.dir, held.path, nodes, {
      backend: context.locator.root.backend,
      zone: held.zone,
      maxDepth,
      gitignore,
      done: () => room.exceeded,
      visit({ dir, entry, name, path, depth }, siblings) {
        if (!room.take(path)) return undefined;
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
  return nodes;
}

/**
 * Checks the options of a tree.
 *
 * @throws TypeError naming the bad option.
 */
export function checkTreeOptions(options: TreeOptions): Required<TreeOptions> {
  checkKeys(options, TREE_OPTIONS);
  return {
    maxDepth: Math.min(limitOf('maxDepth', options.maxDepth, 16), 128),
    limit: limitOf('limit', options.limit, 50_000),
    gitignore: flag('gitignore', options.gitignore),
  };
}
