import type { Socket } from 'socket.io';

/** What may wait for one reader, in characters; it resumes from its cursors. */
export const MAX_WAITING = 4 * 1024 * 1024;

/** Sends to one browser; a reader that leaves too much unread is cut off, since everything for it would stay in memory. */
export class BoundedSocket {
  readonly #socket: Socket;
  readonly #max: number;
  #waiting = 0;
  #cut = false;

  constructor(socket: Socket, max = MAX_WAITING) {
    this.#socket = socket;
    this.#max = max;
    // Emitted when what waits is handed to the connection, which happens only after it has written what it had.
    socket.conn.on('flush', () => (this.#waiting = 0));
  }

  send(name: string, body: object): void {
    if (this.#cut) return;
    this.#waiting += JSON.stringify(body).length;
    this.#socket.emit(name, body);
    if (this.#waiting <= this.#max) return;
    this.#cut = true;
    this.#socket.disconnect(true);
    // A close waits for the reader to take what is before it, which is what this one does not do.
    this.#socket.conn.request.socket.destroy();
  }
}
