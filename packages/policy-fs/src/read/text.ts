import { AgentFSError } from '../errors/agent-fs-error.js';

const SNIFFED_BYTES = 8192;

/** Tells whether content holds a NUL byte near its beginning, as git and grep decide. */
export function looksBinary(content: Uint8Array): boolean {
  return content.subarray(0, SNIFFED_BYTES).includes(0);
}

/**
 * Gives bytes as text. A character cut at either end of a piece is left out; other invalid bytes become U+FFFD.
 *
 * @throws AgentFSError `BINARY` when the content holds NUL bytes.
 */
export function decodeText(content: Buffer, cut: { readonly start: boolean; readonly end: boolean }): string {
  if (looksBinary(content)) throw new AgentFSError('BINARY');
  let start = 0;
  if (cut.start) while (start < 3 && isContinuation(content[start])) start += 1;
  const end = cut.end ? lastWhole(content) : content.length;
  // Unlike TextDecoder, toString keeps a byte order mark.
  return content.toString('utf8', start, Math.max(start, end));
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Gives the length of the content without a character cut at the end. */
function lastWhole(content: Buffer): number {
  for (let back = 1; back <= 3 && back <= content.length; back += 1) {
    const byte = content[content.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? content.length - back : content.length;
  }
  return content.length;
}
