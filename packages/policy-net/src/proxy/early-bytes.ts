import type { Socket } from 'node:net';

/**
 * Reads what a client sends before its tunnel is open: bytes are kept in order up to a cap, and a client that leaves is
 * noticed, which a paused socket would not show.
 */
export class EarlyBytes {
  readonly #socket: Socket;
  readonly #max: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
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
    if (head.length > 0) {
      this.#chunks.push(head);
      this.#size = head.length;
    }
    socket.on('data', this.#take).on('end', this.#gone).on('close', this.#gone);
  }

  /** All bytes so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get overflown(): boolean {
    return this.#size > this.#max;
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
    const before = this.#size;
    if (before > this.#max) return;
    this.#chunks.push(chunk);
    this.#size = before + chunk.length;
    if (this.#size > this.#max) this.onOverflow();
    else this.onMore(this.bytes);
  };

  readonly #gone = (): void => this.onGone();
}
