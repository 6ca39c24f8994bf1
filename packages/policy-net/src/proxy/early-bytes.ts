import type { Socket } from 'node:net';

/**
 * Reads what a client sends before its tunnel is open: bytes are kept in order up to a cap, and a client that leaves is
 * noticed, which a paused socket would not show.
 */
export class EarlyBytes {
  readonly #socket: Socket;
  readonly #max: number;
  #bytes: Buffer;
  /** Called with all bytes so far when more have come. */
  onMore: (bytes: Buffer) => void = () => undefined;
  /** Called when the client sends more than the cap. */
  onOverflow: () => void = () => undefined;
  /** Called when the client ends or is gone. */
  onGone: () => void = () => undefined;

  /** `head` are the bytes that came with the request itself. */
  constructor(socket: Socket, head: Buffer, max: number) {
    this.#socket = socket;
    this.#max = max;
    this.#bytes = head;
    socket.on('data', this.#take).on('end', this.#gone).on('close', this.#gone);
  }

  /** All bytes so far. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get overflown(): boolean {
    return this.#bytes.length > this.#max;
  }

  /** Stops reading; what comes later stays in the socket. */
  stop(): Buffer {
    const socket = this.#socket;
    socket.pause();
    socket
      .removeListener('data', this.#take)
      .removeListener('end', this.#gone)
      .removeListener('close', this.#gone);
    return this.bytes;
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#bytes.length > this.#max) return;
    // Joined as they come: a list of single bytes would be joined anew for each of them.
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > this.#max) this.onOverflow();
    else this.onMore(this.#bytes);
  };

  readonly #gone = (): void => this.onGone();
}
