import { lstatSync } from 'node:fs';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import type { EntryKind } from '../walk/backend.js';
import type { ZonePath } from '../walk/locate.js';

/** What {@link AgentFS.stat} gives. */
export interface FileStat {
  /** Canonical path, links followed. */
  readonly path: string;
  readonly type: EntryKind;
  /** Size in bytes; 0 for anything but a file. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** Time of the last change in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** Tells what a path means, without opening it. */
export function statPath({ locator }: FsContext, call: Call, gated: ZonePath): FileStat {
  const held = locator.holdExisting(gated, { followLast: true });
  try {
    call.reached(held.path, held.entry);
    const { size, mode, mtimeMs } = held.entry?.stat ?? lstatSync(held.parent.self);
    const type = held.entry?.kind ?? 'directory';
    return { path: held.path, type, size: type === 'file' ? size : 0, mode: mode & 0o777, mtimeMs };
  } finally {
    held.release();
  }
}

/** Tells of the agent root. */
export function statRoot({ locator }: FsContext, call: Call): FileStat {
  call.reached('.', undefined);
  const { mode, mtimeMs } = lstatSync(locator.root.dir.self);
  return { path: '.', type: 'directory', size: 0, mode: mode & 0o777, mtimeMs };
}
