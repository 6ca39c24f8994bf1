/** What one stream of a command gave. */
export interface OutputText {
  /** The text, decoded as UTF-8; in the middle a line says how many bytes are left out, if any are. */
  readonly text: string;
  /** Bytes the command wrote. */
  readonly totalBytes: number;
  /** Whether bytes were left out. */
  readonly truncated: boolean;
}

/** Keeps the first and the last half of a byte budget of a stream, whatever its length. */
export class BoundedOutput {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #totalBytes = 0;

  constructor(maxBytes: number) {
    this.#half = Math.floor(maxBytes / 2);
  }

  add(chunk: Buffer): void {
    this.#totalBytes += chunk.length;
    const room = Math.max(0, this.#half - this.#headBytes);
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      // Copies: a slice would keep the whole chunk of the stream alive.
      this.#head.push(Buffer.from(first));
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(room);
    if (rest.length === 0) return;
    this.#tail.push(Buffer.from(rest.subarray(Math.max(0, rest.length - this.#half))));
    this.#tailBytes += Math.min(rest.length, this.#half);
    if (this.#tailBytes > 2 * this.#half || this.#tail.length > 256) this.#trim();
  }

  #trim(): void {
    const joined = Buffer.concat(this.#tail);
    const kept = Buffer.from(joined.subarray(Math.max(0, joined.length - this.#half)));
    this.#tail = [kept];
    this.#tailBytes = kept.length;
  }

  read(): OutputText {
    this.#trim();
    const left = this.#totalBytes - this.#headBytes - this.#tailBytes;
    const head = Buffer.concat(this.#head);
    const tail = this.#tail[0] ?? Buffer.alloc(0);
    const truncated = left > 0;
    const text = truncated
      ? `${wholeEnd(head).toString('utf8')}\n[${left} bytes left out]\n${wholeStart(tail).toString('utf8')}`
      : Buffer.concat([head, tail]).toString('utf8');
    return { text, totalBytes: this.#totalBytes, truncated };
  }
}

// The cut may fall inside a UTF-8 sequence; what is left of it is dropped instead of shown as U+FFFD.
function wholeEnd(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

function wholeStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 4 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}
