import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  unlinkSync,
} from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import { contentEtag, fileEtag, isHashed, untilSettled } from '../read/etag.js';
import { checkText } from '../read/well-formed.js';
import { checkRegular } from '../read/hard-links.js';
import { tooLarge } from '../read/read-file.js';
import { isReadAtOnce, sync, writeBytes } from '../read/transfer.js';
import type { Dir } from '../walk/backend.js';
import type { Held, ZonePath } from '../walk/locate.js';
import { holdForWrite } from './hold-for-write.js';
import { withMadeDirs } from './made-dirs.js';
import { ownerOf } from './owner-of.js';
import { publish, syncDirectory } from './publish.js';
import type { WriteOptions, WriteResult } from './write-options.js';

/** Gives content as bytes, or a TypeError. */
export function toBytes(content: unknown, name: string): Uint8Array {
  if (typeof content === 'string') {
    checkText(content, name);
    return Buffer.from(content, 'utf8');
  }
  if (content instanceof Uint8Array) return content;
  throw new TypeError(`argument "${name}" must be a string or a Uint8Array`);
}

/** Replaces or creates a file as a whole. The caller keeps `data` and may change it when it is `shared`. */
export async function writeWhole(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  { data, shared }: { readonly data: Uint8Array; readonly shared: boolean },
  options: WriteOptions,
): Promise<WriteResult> {
  const { maxWriteBytes } = context.settings;
  if (data.byteLength > maxWriteBytes) throw tooLarge(data.byteLength, maxWriteBytes);
  const { ifMatch, ifNoneMatch } = options;
  return withMadeDirs(context, async (made) => {
    const blind = ifMatch === undefined;
    const held = holdForWrite(context, gated, blind ? made : undefined, blind);
    try {
      call.reached(held.path, held.entry);
      const { entry } = held;
      if (entry && ifNoneMatch === '*') throw new AgentFSError('EXISTS');
      if (ifMatch !== undefined) await expectEtag(held, ifMatch);
      const hash = shared && isHashed(data.byteLength) ? contentEtag(data) : undefined;
      const etag = await publish(context, held, data, {
        exclusive: ifNoneMatch === '*',
        ...(ifMatch === undefined ? {} : { isSeen: (now: Buffer) => contentEtag(now) === ifMatch }),
      });
      call.bytes = data.byteLength;
      return new Written(held.path, data, !entry, etag ?? hash);
    } finally {
      held.release();
    }
  });
}

/**
 * The result of a write. The hash is computed on demand, because few writers ask; in a class, because making an object with
 * a getter of its own costs as much as several system calls.
 */
class Written implements WriteResult {
  readonly path: string;
  readonly size: number;
  readonly created: boolean;
  readonly #data: Uint8Array;
  #etag: string | undefined;

  constructor(path: string, data: Uint8Array, created: boolean, etag: string | undefined) {
    this.path = path;
    this.size = data.byteLength;
    this.created = created;
    this.#data = data;
    this.#etag = etag;
  }

  get etag(): string {
    this.#etag ??= contentEtag(this.#data);
    return this.#etag;
  }

  toJSON(): WriteResult {
    const { path, size, created, etag } = this;
    return { path, size, created, etag };
  }
}

async function expectEtag({ entry }: Held, etag: string): Promise<void> {
  if (!entry) throw new AgentFSError('STALE', { reason: 'The file is no longer there.' });
  const fd = entry.open(constants.O_RDONLY);
  try {
    if (!isReadAtOnce(entry.stat.size)) await untilSettled(fd);
    if ((await fileEtag(fd)) !== etag) throw new AgentFSError('STALE');
  } finally {
    closeSync(fd);
  }
}

/** What {@link AgentFS.appendFile} gives. */
export interface AppendResult {
  /** Canonical path, links followed. */
  readonly path: string;
  /** Size of the file after the append, in bytes. */
  readonly size: number;
  /** There was no such file before. */
  readonly created: boolean;
}

/** Appends to a file, or creates it. What was written is taken back when not all of it fits. */
export async function appendBytes(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  data: Uint8Array,
): Promise<AppendResult> {
  return withMadeDirs(context, async (made) => {
    const held = holdForWrite(context, gated, made);
    try {
      call.reached(held.path, held.entry);
      const result = await append(context, held, data);
      call.bytes = data.byteLength;
      return result;
    } finally {
      held.release();
    }
  });
}

async function append(
  context: FsContext,
  held: Held & { readonly name: string },
  data: Uint8Array,
): Promise<AppendResult> {
  const { settings, usage, locator } = context;
  const { entry, parent, name } = held;
  const size = (entry?.stat.size ?? 0) + data.byteLength;
  if (size > settings.maxWriteBytes) throw tooLarge(size, settings.maxWriteBytes);
  const room = usage.reserve({ bytes: data.byteLength, files: entry ? 0 : 1 });
  let fd: number | undefined;
  let before = 0;
  const progress = { done: 0 };
  try {
    if (entry) {
      checkRegular(entry, locator.root, settings.hardLinks, true);
      fd = entry.open(constants.O_WRONLY | constants.O_APPEND);
    } else fd = createForAppend(context, held);
    before = fstatSync(fd).size;
    const writing = writeBytes(fd, data, progress);
    if (writing) await writing;
    room.keep();
    if (settings.durable) await sync(fd);
    if (!entry && settings.durable) await syncDirectory(parent);
    return { path: held.path, size: before + data.byteLength, created: !entry };
  } catch (error) {
    room.drop();
    try {
      if (fd !== undefined && progress.done < data.byteLength) takeBack(fd, before, progress.done);
      if (!entry && fd !== undefined && fstatSync(fd).size === 0) removeOwn(fd, parent, name);
    } catch {
      // The first error is the one to tell.
    }
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Removes a file that was just created, unless its name was given to another one since. */
function removeOwn(fd: number, parent: Dir, name: string): void {
  parent.confirm();
  const [own, named] = [fstatSync(fd), lstatSync(parent.at(name), { throwIfNoEntry: false })];
  if (named?.ino === own.ino && named.dev === own.dev) unlinkSync(parent.at(name));
}

/** Shortens a file to what it was before a failed append, unless somebody else has appended as well. */
function takeBack(fd: number, before: number, written: number): void {
  if (written > 0 && fstatSync(fd).size === before + written) ftruncateSync(fd, before);
}

function createForAppend(
  { settings }: FsContext,
  { parent, name, zone }: Held & { readonly name: string },
): number {
  checkNewName(name, settings.portableNames);
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
  parent.confirm();
  let fd: number;
  try {
    fd = openSync(parent.at(name), O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600);
  } catch (error) {
    // It appeared since it was looked for; what it is was not judged.
    if (errnoOf(error) === 'EEXIST') throw new AgentFSError('RACE', { cause: error });
    throw error;
  }
  try {
    parent.confirm();
    const owner = ownerOf(settings, zone);
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, settings.fileMode(zone.spec));
    return fd;
  } catch (error) {
    try {
      removeOwn(fd, parent, name);
    } finally {
      closeSync(fd);
    }
    throw error;
  }
}
