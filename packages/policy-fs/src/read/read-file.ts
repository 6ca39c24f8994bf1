import { closeSync, constants, fstatSync } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import type { FsContext } from '../fs-context.js';
import type { Call } from '../audit/call.js';
import type { Entry } from '../walk/backend.js';
import { contentEtag, fileEtag, isHashed } from './etag.js';
import { checkRegular } from './hard-links.js';
import { readLines } from './read-lines.js';
import type { FileInfo, ReadOptions } from './read-options.js';
import { decodeText } from './text.js';
import { readBytes } from './transfer.js';

/** A piece of a file and where it was cut. */
export interface Piece {
  readonly bytes: Buffer;
  readonly cut: { readonly start: boolean; readonly end: boolean };
}

/** Gives the content of a regular file, in part or as a whole. */
export function readContent(
  context: FsContext,
  call: Call,
  path: string,
  options: ReadOptions,
): string | Buffer | Promise<string | Buffer> {
  const { fd, size } = openForRead(context, call, path);
  let piece: Piece | Promise<Piece>;
  try {
    piece = readPiece(context, fd, size, options);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  if (piece instanceof Promise) {
    return piece.finally(() => closeSync(fd)).then((whole) => deliver(call, whole, options));
  }
  closeSync(fd);
  return deliver(call, piece, options);
}

/** Gives content with etag, size and whether it was cut. */
export async function readInfo(
  context: FsContext,
  call: Call,
  path: string,
  options: ReadOptions,
): Promise<FileInfo<string | Buffer>> {
  const { fd, size } = openForRead(context, call, path);
  try {
    const early = isWhole(options, size) && isHashed(size) ? undefined : await fileEtag(fd);
    const piece = await readPiece(context, fd, size, options);
    const { cut, bytes } = piece;
    return {
      content: deliver(call, piece, options),
      etag: early ?? contentEtag(bytes),
      size: early === undefined ? bytes.length : size,
      truncated: cut.end,
      path: call.resolved ?? path,
      mtimeMs: fstatSync(fd).mtimeMs,
    };
  } finally {
    closeSync(fd);
  }
}

// An etag that is not of these very bytes is taken before them: what changes in between is STALE, and not overwritten.
const isWhole = ({ offset = 0, limit, unit }: ReadOptions, size: number): boolean =>
  offset === 0 && (limit === undefined || (unit !== 'lines' && limit >= size));

/** Opens exactly the inode that was judged. */
export function openForRead(context: FsContext, call: Call, path: string): { fd: number; size: number } {
  const { locator, settings } = context;
  const gated = locator.gateInZone(path);
  if (gated.below === '') throw new AgentFSError('IS_A_DIRECTORY');
  const open = (entry: Entry): { fd: number; size: number } => {
    checkRegular(entry, locator.root, settings.hardLinks, false);
    return { fd: entry.open(constants.O_RDONLY), size: entry.stat.size };
  };
  const fast = locator.holdEntry(gated);
  if (fast) {
    call.reached(gated.canonical, fast.entry);
    try {
      return open(fast.entry);
    } finally {
      fast.entry.close();
    }
  }
  const held = locator.holdExisting(gated, { followLast: true });
  try {
    call.reached(held.path, held.entry);
    if (!held.entry) throw new AgentFSError('IS_A_DIRECTORY');
    return open(held.entry);
  } finally {
    held.release();
  }
}

function readPiece(
  context: FsContext,
  fd: number,
  size: number,
  options: ReadOptions,
): Piece | Promise<Piece> {
  const { maxReadBytes } = context.settings;
  const { offset = 0, limit } = options;
  if (options.unit === 'lines') return readLines(fd, offset, limit, maxReadBytes);
  const rest = Math.max(0, size - offset);
  if (limit === undefined && rest > maxReadBytes) throw tooLarge(size, maxReadBytes);
  const length = Math.min(rest, limit ?? rest, maxReadBytes);
  const bytes = readBytes(fd, offset, length);
  const cut = { start: offset > 0, end: length < rest };
  return bytes instanceof Promise ? bytes.then((whole) => ({ bytes: whole, cut })) : { bytes, cut };
}

/** Gives the error for content beyond a limit. */
export function tooLarge(size: number, limit: number): AgentFSError {
  return new AgentFSError('TOO_LARGE', { reason: `The content has ${size} bytes; the limit is ${limit}.` });
}

function deliver(call: Call, { bytes, cut }: Piece, options: ReadOptions): string | Buffer {
  call.bytes = bytes.length;
  switch (options.encoding) {
    case 'buffer':
      return bytes;
    case 'base64':
    case 'latin1':
      return bytes.toString(options.encoding);
    default:
      return decodeText(bytes, cut);
  }
}
