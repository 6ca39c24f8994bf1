import { randomBytes } from 'node:crypto';
import { renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { describeEntry, namesIn } from '../list/directory-entry.js';
import type { Dir, EntryName } from '../walk/backend.js';
import type { PinnedRoot, PinnedZone } from '../walk/pinned-root.js';
import type { Held, ZonePath } from '../walk/locate.js';
import { admitWritable } from '../write/hold-for-write.js';
import { syncDirectory } from '../write/publish.js';

const MAX_DEPTH = 128;
const ENTRIES_PER_TURN = 500;
const MAX_ROUNDS = 16;

/** Removes an entry; a link itself, never what it leads to. */
export async function removeEntry(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  recursive: boolean,
): Promise<void> {
  const { locator } = context;
  admitWritable(gated.zone);
  if (gated.below === '') throw new AgentFSError('ZONE_ROOT');
  const held = locator.hold(gated, { followLast: false, admitZone: admitWritable });
  try {
    const { parent, name, entry, zone } = held;
    if (name !== undefined && !entry) {
      await removeBytes(context, held, name, recursive);
      call.reached(held.path, undefined);
      return;
    }
    call.reached(held.path, entry);
    if (name === undefined || !entry) throw new AgentFSError('ZONE_ROOT');
    if (entry.kind !== 'directory') removeName(parent, name);
    else if (recursive) await new TreeRemoval(locator.root, zone).run(parent, name);
    else removeEmpty(parent, name);
    if (context.settings.durable) await syncDirectory(parent);
  } finally {
    held.release();
  }
}

/** Removes the one entry whose name is no UTF-8 and shows as this; nobody could name it otherwise. */
async function removeBytes(
  { locator, settings }: FsContext,
  { parent, zone }: Held,
  shown: string,
  recursive: boolean,
): Promise<void> {
  const [name, ...others] = shown.includes('\uFFFD')
    ? namesIn(parent).filter((bytes) => typeof bytes !== 'string' && bytes.toString() === shown)
    : [];
  if (name === undefined) throw new AgentFSError('NOT_FOUND');
  if (others.length > 0) {
    throw new AgentFSError('AMBIGUOUS', {
      reason: 'Several names that are no UTF-8 are shown like this.',
      hint: 'Remove the directory around them.',
    });
  }
  if (recursive) await new TreeRemoval(locator.root, zone).run(parent, name);
  else if (describeEntry(parent, name)?.type === 'directory') removeEmpty(parent, name);
  else removeName(parent, name);
  if (settings.durable) await syncDirectory(parent);
}

function removeName(parent: Dir, name: EntryName): void {
  parent.confirm();
  unlinkSync(parent.at(name));
  parent.confirm();
}

function removeEmpty(parent: Dir, name: EntryName): void {
  parent.confirm();
  try {
    rmdirSync(parent.at(name));
  } catch (error) {
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    throw new AgentFSError('IS_A_DIRECTORY', {
      reason: 'The directory is not empty.',
      hint: 'Remove what is in it first, or remove it recursively.',
      cause: error,
    });
  }
  parent.confirm();
}

interface Level {
  readonly dir: Dir;
  readonly name: EntryName;
  names: EntryName[];
  rounds: number;
}

/**
 * Removes a tree by descriptors: every name is unlinked in the directory that is held, so a directory swapped for a link
 * is removed as a link. `fs.rm` works by names and is not used (research/fs.md 3.4).
 */
class TreeRemoval {
  readonly #root: PinnedRoot;
  readonly #zone: PinnedZone;
  readonly #levels: Level[] = [];

  constructor(root: PinnedRoot, zone: PinnedZone) {
    this.#root = root;
    this.#zone = zone;
  }

  async run(parent: Dir, name: EntryName): Promise<void> {
    let count = 0;
    try {
      if (!this.#enter(parent, name)) return;
      for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
        count += 1;
        // The descriptors stay open meanwhile, so no number is used twice.
        if (count % ENTRIES_PER_TURN === 0) await turn();
        const next = level.names.pop();
        if (next !== undefined) this.#enter(level.dir, next);
        else this.#leave(level, this.#levels.at(-2)?.dir ?? parent);
      }
    } finally {
      for (const { dir } of this.#levels) dir.close();
    }
  }

  /** Enters a directory and gives `true`; anything else is unlinked at once. */
  #enter(parent: Dir, name: EntryName): boolean {
    const top = this.#levels[0];
    if (top && this.#levels.length >= MAX_DEPTH) return this.#raise(parent, name, top);
    let dir: Dir;
    try {
      dir = this.#root.backend.openDir(parent, name);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') return false;
      if (errno !== 'ENOTDIR' && errno !== 'ELOOP') throw error;
      this.#unlink(parent, name);
      return false;
    }
    this.#levels.push({ dir, name, names: [], rounds: 0 });
    if (this.#root.backend.mountOf(dir) !== this.#zone.mount) throw new AgentFSError('CROSS_MOUNT');
    this.#fill(this.#levels.at(-1));
    return true;
  }

  /** Brings what lies too deep up to the top of the tree, so that no tree needs more descriptors than there are. */
  #raise(parent: Dir, name: EntryName, top: Level): boolean {
    const raised = `removing-${randomBytes(8).toString('hex')}`;
    parent.confirm();
    top.dir.confirm();
    try {
      this.#insist(parent, () => renameSync(parent.at(name), top.dir.at(raised)));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      return false;
    }
    top.names.push(raised);
    return false;
  }

  #unlink(parent: Dir, name: EntryName): void {
    try {
      this.#insist(parent, () => removeName(parent, name));
    } catch (error) {
      const errno = errnoOf(error);
      // A directory took its place; a later round of its parent meets it again.
      if (errno === 'ENOENT' || errno === 'EISDIR') return;
      // macOS says EPERM of a directory as well.
      if (errno !== 'EPERM' || describeEntry(parent, name)?.type !== 'directory') throw error;
    }
  }

  #fill(level: Level | undefined): void {
    if (level) level.names = this.#insist(level.dir, () => namesIn(level.dir));
  }

  /** Does something in a directory of the tree; rights that its owner took away must not keep it from being removed. */
  #insist<T>(dir: Dir, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const ours = this.#levels.some((level) => level.dir === dir);
      if (errnoOf(error) !== 'EACCES' || !ours || !this.#root.backend.openUp) throw error;
      this.#root.backend.openUp(dir);
      return work();
    }
  }

  /** Removes the emptied directory, or looks again when something was put into it. */
  #leave(level: Level, parent: Dir): void {
    try {
      parent.confirm();
      this.#insist(parent, () => rmdirSync(parent.at(level.name)));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOTEMPTY' || errno === 'EEXIST') {
        level.rounds += 1;
        this.#fill(level);
        // Moved away and replaced by another directory: what is held is empty, what has the name is not ours.
        if (level.rounds <= MAX_ROUNDS && level.names.length > 0) return;
        throw new AgentFSError('RACE', { cause: error });
      }
      if (errno === 'ENOTDIR') removeName(parent, level.name);
      else if (errno !== 'ENOENT') throw error;
    }
    this.#levels.pop();
    level.dir.close();
  }
}
