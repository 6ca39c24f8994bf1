const HEADER = 8;

/** One piece of output as the engine frames it. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

/** Takes an engine's stream apart: frames with a header of eight bytes (stream, three zeros, length). */
export class StreamFrames {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next chunk, whose borders fall anywhere, and gives the frames that are now complete. */
  push(chunk: Buffer): Frame[] {
    let bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const frames: Frame[] = [];
    while (bytes.length >= HEADER) {
      const end = HEADER + bytes.readUInt32BE(4);
      if (bytes.length < end) break;
      frames.push({ stream: bytes[0] === 2 ? 'stderr' : 'stdout', bytes: bytes.subarray(HEADER, end) });
      bytes = bytes.subarray(end);
    }
    // A copy, so that the rest of a large chunk is not kept alive.
    this.#bytes = Buffer.from(bytes);
    return frames;
  }
}
