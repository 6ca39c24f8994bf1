import { setImmediate as turn } from 'node:timers/promises';
import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Piece } from './read-file.js';
import { readBytes } from './transfer.js';

const CHUNK = 256 * 1024;
const CHUNKS_PER_TURN = 16;
// A sparse file of terabytes costs nothing to make.
const MAX_SCANNED = 1024 ** 3;
const LINE_FEED = 10;

/** Gives whole lines of a file, however long the file is: `skip` are left out, at most `count` are given. */
export async function readLines(
  fd: number,
  skip: number,
  count: number | undefined,
  maxBytes: number,
): Promise<Piece> {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let line = 0;
  let position = 0;
  for (let chunks = 1; ; chunks += 1) {
    if (chunks % CHUNKS_PER_TURN === 0) await turn();
    const chunk = await readBytes(fd, position, CHUNK);
    if (chunk.length === 0) return { bytes: Buffer.concat(kept), cut: { start: false, end: false } };
    position += chunk.length;
    const from = line < skip ? pass(chunk, 0, skip - line) : { end: 0, lines: 0 };
    line += from.lines;
    if (line < skip) {
      if (position >= MAX_SCANNED) throw tooFar();
      continue;
    }
    const { end, lines } =
      count === undefined ? { end: chunk.length, lines: 0 } : pass(chunk, from.end, skip + count - line);
    line += lines;
    kept.push(chunk.subarray(from.end, end));
    keptBytes += end - from.end;
    if (keptBytes > maxBytes) {
      throw new AgentFSError('TOO_LARGE', { reason: `These lines have more than ${maxBytes} bytes.` });
    }
    if (count !== undefined && line >= skip + count) {
      const more = end < chunk.length || (await readBytes(fd, position, 1)).length > 0;
      return { bytes: Buffer.concat(kept), cut: { start: false, end: more } };
    }
  }
}

/** Passes over so many lines, or to the end of the chunk. */
function pass(chunk: Buffer, start: number, wanted: number): { end: number; lines: number } {
  let end = start;
  let lines = 0;
  while (end < chunk.length && lines < wanted) {
    const feed = chunk.indexOf(LINE_FEED, end);
    if (feed < 0) end = chunk.length;
    else {
      end = feed + 1;
      lines += 1;
    }
  }
  return { end, lines };
}

function tooFar(): AgentFSError {
  return new AgentFSError('TOO_LARGE', {
    reason: 'Lines are looked for in the first GiB of a file only.',
    hint: 'Use offset and limit in bytes.',
  });
}
