import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { FsContext } from '../fs-context.js';
import { fileEtag, isHashed } from '../read/etag.js';
import { isReadAtOnce, readBytes, sync, writeBytes } from '../read/transfer.js';
import type { Backend, Dir, Entry } from '../walk/backend.js';
import type { Held } from '../walk/locate.js';
import { ownerOf } from './owner-of.js';
import { temporaryName } from './temporary-file.js';
import type { Reservation } from './usage-meter.js';

const CREATE =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_EXCL |
  ((constants as Partial<typeof constants>).O_NOFOLLOW ?? 0);

/** How new content takes its place. */
export interface PublishOptions {
  /** Fails with EXISTS when the name is taken meanwhile. */
  readonly exclusive?: boolean;
  /** Fails with STALE when the file is no longer the one that was looked at; tells whether content is what was seen then. */
  readonly isSeen?: (content: Buffer) => boolean;
}

/**
 * Puts content in the place of `held`: a sibling file, written and synced, then one rename. Never torn. Gives the etag
 * of content that is too large for a hash.
 */
export async function publish(
  context: FsContext,
  held: Held & { readonly name: string },
  data: Uint8Array,
  options: PublishOptions,
): Promise<string | undefined> {
  const replaced = held.entry?.stat;
  const room = context.usage.reserve({ bytes: data.byteLength, files: replaced ? 0 : 1, replaced });
  try {
    return await publishInto(context, held, data, options, room);
  } finally {
    room.drop();
  }
}

async function publishInto(
  { locator, settings }: FsContext,
  held: Held & { readonly name: string },
  data: Uint8Array,
  options: PublishOptions,
  room: Reservation,
): Promise<string | undefined> {
  const { parent, name } = held;
  const temporary = temporaryName();
  parent.confirm();
  let fd: number | undefined = openSync(parent.at(temporary), CREATE, 0o600);
  room.writesTo(temporary);
  try {
    parent.confirm();
    const writing = writeBytes(fd, data);
    if (writing) await writing;
    giveAway(fd, held, ownerOf(settings, held.zone));
    const mode = held.entry ? held.entry.stat.mode & 0o777 : settings.fileMode(held.zone.spec);
    if (mode !== 0o600) fchmodSync(fd, mode);
    if (settings.durable) await sync(fd);
    if (isHashed(data.byteLength)) {
      closeSync(fd);
      fd = undefined;
    }
    parent.confirm();
    if (options.isSeen && held.entry)
      expectUnchanged(locator.root.backend, held, held.entry.stat, options.isSeen);
    if (options.exclusive === true) claim(parent, temporary, name);
    else renameSync(parent.at(temporary), parent.at(name));
    room.keep();
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    discard(parent, temporary);
    throw error;
  }
  try {
    parent.confirm();
    if (settings.durable) await syncDirectory(parent);
    // Asked of the descriptor: the name may have been given to another file since.
    return fd === undefined ? undefined : await fileEtag(fd);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(dir: Dir): Promise<void> {
  // Windows cannot open a directory.
  if (process.platform === 'win32') return;
  const fd = openSync(dir.self, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}

function giveAway(fd: number, { entry }: Held, owner: { uid: number; gid: number } | undefined): void {
  if (!entry) {
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    return;
  }
  const { uid, gid } = entry.stat;
  if (process.getuid?.() === uid && process.getgid?.() === gid) return;
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    // Whoever may not give files away becomes the owner, as with any editor.
    if (errnoOf(error) !== 'EPERM') throw error;
  }
}

/**
 * Compares status and, of what can be read at once, content: two changes within one step of the clock have the same times.
 * Of longer files the times suffice, for they are not looked at before they have settled (`untilSettled`).
 */
function expectUnchanged(
  backend: Backend,
  { parent, name }: Held & { readonly name: string },
  seen: Stats,
  isSeen: (content: Buffer) => boolean,
): void {
  let now: Entry;
  try {
    now = backend.openEntry(parent, name);
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    throw new AgentFSError('STALE', { reason: 'The file is no longer there.', cause });
  }
  try {
    const { stat } = now;
    const same =
      stat.ino === seen.ino &&
      stat.size === seen.size &&
      stat.mtimeMs === seen.mtimeMs &&
      stat.ctimeMs === seen.ctimeMs;
    if (!same || !isSeenStill(now, isSeen)) throw new AgentFSError('STALE');
  } finally {
    now.close();
  }
}

function isSeenStill(entry: Entry, isSeen: (content: Buffer) => boolean): boolean {
  if (!isReadAtOnce(entry.stat.size)) return true;
  const fd = entry.open(constants.O_RDONLY);
  try {
    const content = readBytes(fd, 0, entry.stat.size);
    return content instanceof Promise || isSeen(content);
  } finally {
    closeSync(fd);
  }
}

/** Gives the temporary file its name unless the name is taken: link(2) never replaces. */
function claim(parent: Dir, temporary: string, name: string): void {
  try {
    linkSync(parent.at(temporary), parent.at(name));
  } catch (error) {
    // protected_hardlinks, or a file system without links: an empty file holds the place instead.
    if (errnoOf(error) !== 'EPERM' && errnoOf(error) !== 'EOPNOTSUPP' && errnoOf(error) !== 'ENOSYS')
      throw error;
    closeSync(openSync(parent.at(name), CREATE, 0o600));
    renameSync(parent.at(temporary), parent.at(name));
    return;
  }
  unlinkSync(parent.at(temporary));
}

function discard(parent: Dir, temporary: string): void {
  try {
    unlinkSync(parent.at(temporary));
  } catch {
    // Swept at the next opening.
  }
}
