import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Piece } from './read-file.js';
import { readBytes } from './transfer.js';

const CHUNK = 256 * 1024;
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
  for (;;) {
    const chunk = await readBytes(fd, position, CHUNK);
    if (chunk.length === 0) return { bytes: Buffer.concat(kept), cut: { start: false, end: false } };
    position += chunk.length;
    let from = 0;
    while (from < chunk.length && line < skip) {
      const feed = chunk.indexOf(LINE_FEED, from);
      if (feed < 0) from = chunk.length;
      else {
        from = feed + 1;
        line += 1;
      }
    }
    if (line < skip) continue;
    let end = from;
    while (end < chunk.length && (count === undefined || line < skip + count)) {
      const feed = chunk.indexOf(LINE_FEED, end);
      if (feed < 0) end = chunk.length;
      else {
        end = feed + 1;
        line += 1;
      }
    }
    kept.push(chunk.subarray(from, end));
    keptBytes += end - from;
    if (keptBytes > maxBytes) {
      throw new AgentFSError('TOO_LARGE', { reason: `These lines have more than ${maxBytes} bytes.` });
    }
    if (count !== undefined && line >= skip + count) {
      const more = end < chunk.length || (await readBytes(fd, position, 1)).length > 0;
      return { bytes: Buffer.concat(kept), cut: { start: false, end: more } };
    }
  }
}
