import type { OnReadOpts, Socket } from 'node:net';

/** What a connection holds while little comes: a thousand idle tunnels must stay cheap. */
const SMALL = 16 * 1024;
/** What it reads into while much comes. */
const LARGE = 256 * 1024;

/**
 * Reads what a target sends into one buffer that is used again, and hands it to the client: no buffer is made, and no
 * stream machinery run, per chunk. While the client's kernel buffer is full nothing is read, so that what is in flight
 * is at most that buffer.
 */
export class TargetReader {
  #buffer: Buffer | undefined;
  #to: Socket | undefined;
  #from: Socket | undefined;

  /** For the `onread` of `net.connect`. The socket has to be paused until {@link flow}. */
  readonly onread: OnReadOpts = {
    // Asked for after each read: gives the buffer of the next one.
    buffer: () => (this.#buffer ??= Buffer.allocUnsafeSlow(SMALL)),
    callback: (count, buffer) => this.#take(count, buffer),
  };

  /** Carries all that comes on `from`, which was opened with {@link onread}, and its end, to `to`. */
  flow(from: Socket, to: Socket): void {
    this.#from = from;
    this.#to = to;
    from.once('end', () => to.end());
    from.resume();
  }

  /** Gives whether to go on reading. */
  #take(count: number, buffer: Uint8Array): boolean {
    const to = this.#to;
    if (to === undefined) return false;
    const size = buffer.length;
    if (count === size && size < LARGE) this.#buffer = Buffer.allocUnsafeSlow(LARGE);
    else if (count < size / 16 && size > SMALL) this.#buffer = Buffer.allocUnsafeSlow(SMALL);
    to.write(buffer.subarray(0, count), this.#written);
    // Nothing left to be written: the kernel has it all, and the buffer is free again.
    return to.writableLength === 0;
  }

  readonly #written = (): void => {
    if (this.#from?.destroyed === false) this.#from.resume();
  };
}
