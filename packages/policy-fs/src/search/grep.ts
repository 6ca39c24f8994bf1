import { closeSync, constants } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { walkTree } from '../list/walk-tree.js';
import { checkRegular } from '../read/hard-links.js';
import { tooLarge } from '../read/read-file.js';
import { looksBinary } from '../read/text.js';
import { readBytes } from '../read/transfer.js';
import { flag } from '../options/flag.js';
import { limitOf } from '../options/limit.js';
import type { Dir, Entry, EntryName } from '../walk/backend.js';
import type { ZonePath } from '../walk/locate.js';
import { textFinder } from './find-text.js';
import { type Cut, type GrepMatch, type GrepOptions } from './search-options.js';

const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MAX_LINE = 10_000;
const SHOWN = 500;
const BEFORE = 100;
const STEP = 256 * 1024;
// As for trees: lines and paths are short or long.
const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * Gives the lines that hold a text, or match a regular expression of the program's own. In a directory binary files,
 * files over 2 MiB and files that cannot be read are passed over; one that is named itself is refused.
 */
export async function grepLines(
  context: FsContext,
  call: Call,
  wanted: string | RegExp,
  gated: ZonePath,
  options: GrepOptions,
): Promise<Cut<GrepMatch>> {
  const limit = limitOf('limit', options.limit, 1_000);
  const gitignore = flag('gitignore', options.gitignore);
  const find = lineSearch(wanted, flag('ignoreCase', options.ignoreCase));
  const matches: GrepMatch[] = [];
  let room = MAX_CHARACTERS;
  let bytes = 0;
  const { locator } = context;
  const search = (text: string, path: string): void => {
    for (const [index, line] of text.split('\n').entries()) {
      const at = find(line);
      if (at < 0) continue;
      const start = at < SHOWN - BEFORE ? 0 : at - BEFORE;
      const shown = copyOf(line.replace(/\r$/, '').slice(start, start + SHOWN));
      room -= path.length + shown.length;
      if (room < 0) return;
      matches.push({ path, line: index + 1, text: shown });
      if (matches.length > limit) return;
      bytes += Buffer.byteLength(shown);
    }
  };
  const held = locator.holdExisting(gated, { followLast: true });
  let dir: Dir | undefined;
  try {
    call.reached(held.path, held.entry);
    if (held.entry && held.entry.kind !== 'directory') {
      checkRegular(held.entry, locator.root, context.settings.hardLinks, false);
      if (held.entry.stat.size > MAX_FILE_BYTES) throw tooLarge(held.entry.stat.size, MAX_FILE_BYTES);
      const text = readText(held.entry);
      if (text === undefined) throw new AgentFSError('BINARY');
      search(text, held.path);
    } else {
      dir = held.entry?.asDir();
      await walkTree(dir ?? held.parent, held.path, true, {
        backend: locator.root.backend,
        zone: held.zone,
        maxDepth: 128,
        gitignore,
        done: () => matches.length > limit || room < 0,
        visit(item) {
          if (item.entry.isFile())
            inFile(context, item.dir, item.entry.name, (entry) => {
              // A file can be a mount of its own.
              if (locator.root.backend.mountOf(entry) !== held.zone.mount) return;
              const text = tryReadText(context, entry);
              if (text !== undefined) search(text, item.path);
            });
          return true;
        },
      });
    }
  } finally {
    dir?.close();
    held.release();
  }
  call.bytes = bytes;
  return matches.length > limit || room < 0
    ? Object.assign(matches.slice(0, limit), { truncated: true as const })
    : matches;
}

/** Gives the same text in memory of its own: a slice would keep the whole file alive. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Gives what tells where in a line the wanted is, or a negative number. */
function lineSearch(wanted: string | RegExp, ignoreCase: boolean): (line: string) => number {
  if (wanted instanceof RegExp) {
    // A global or sticky expression would remember where it stopped.
    const own = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, ''));
    // However long the line, an expression sees its beginning only: its time may grow with a power of the length.
    return (line) => (line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line).search(own);
  }
  if (typeof (wanted as unknown) !== 'string' || wanted === '') {
    throw new TypeError('argument "pattern" must be a text that is not empty, or a RegExp');
  }
  const find = textFinder(ignoreCase ? wanted.toLowerCase() : wanted);
  return (line) => find(ignoreCase ? line.toLowerCase() : line, 0);
}

function inFile({ locator }: FsContext, dir: Dir, name: EntryName, look: (entry: Entry) => void): void {
  let entry: Entry;
  try {
    entry = locator.root.backend.openEntry(dir, name);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return;
  }
  try {
    look(entry);
  } finally {
    entry.close();
  }
}

/** Gives the text of a file, or `undefined` for what a search passes over. */
function tryReadText({ locator, settings }: FsContext, entry: Entry): string | undefined {
  if (entry.stat.size > MAX_FILE_BYTES) return undefined;
  try {
    checkRegular(entry, locator.root, settings.hardLinks, false);
    return readText(entry);
  } catch (error) {
    if (error instanceof AgentFSError || errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** Gives the text of a file, or `undefined` when it is binary. */
function readText(entry: Entry): string | undefined {
  const fd = entry.open(constants.O_RDONLY);
  try {
    const parts: Buffer[] = [];
    for (let at = 0; at < entry.stat.size; at += STEP) {
      const part = readBytes(fd, at, STEP);
      if (part instanceof Promise || part.length === 0) break;
      // A thousand sparse files cost nothing to make.
      if (at === 0 && looksBinary(part)) return undefined;
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  } finally {
    closeSync(fd);
  }
}
