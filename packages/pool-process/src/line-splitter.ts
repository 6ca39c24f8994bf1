/** Longest line in bytes; a longer one is given in pieces of this size. */
export const MAX_LINE_BYTES = 64 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

function cutLength(bytes: Buffer): number {
  // Step back over UTF-8 continuation bytes (10xxxxxx, RFC 3629) so that no character is torn.
  let end = MAX_LINE_BYTES;
  while (end > MAX_LINE_BYTES - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}

/**
 * Splits one output stream into lines, whatever the chunk borders. Memory is bounded by {@link MAX_LINE_BYTES}
 * plus one chunk, also when a process never writes a line end.
 */
export class LineSplitter {
  readonly #emit: (text: string) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
  }

  /** Bytes of a line that has not ended yet. */
  get pendingBytes(): number {
    return this.#rest.length;
  }

  /** Takes the next chunk and emits every line that is now complete. */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = bytes.indexOf(NEWLINE);
      if (end !== -1 && end <= MAX_LINE_BYTES) {
        this.#emit(bytes.toString('utf8', 0, bytes[end - 1] === RETURN ? end - 1 : end));
        bytes = bytes.subarray(end + 1);
      } else if (bytes.length > MAX_LINE_BYTES) {
        const cut = cutLength(bytes);
        this.#emit(bytes.toString('utf8', 0, cut));
        bytes = bytes.subarray(cut);
      } else {
        break;
      }
    }
    // A copy, so that the rest of a large chunk is not kept alive.
    this.#rest = Buffer.from(bytes);
  }

  /** Emits what is left when the stream has ended without a line end. */
  end(): void {
    if (this.#rest.length > 0) this.#emit(this.#rest.toString('utf8'));
    this.#rest = Buffer.alloc(0);
  }
}
