import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Counts, for each address, the connections that have not proved yet who they are (auth-checklist E2). */
export class PendingConnections {
  readonly #max: number;
  readonly #counts = new Map<string, number>();
  readonly #releases = new WeakMap<Socket, () => void>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place for a connection until it is admitted or gone; false when its address has none left. */
  take(request: IncomingMessage, address: string): boolean {
    const { socket } = request;
    if (this.#releases.has(socket)) return true;
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(address, count + 1);
    const release = (): void => {
      socket.off('close', release);
      if (!this.#releases.delete(socket)) return;
      const left = (this.#counts.get(address) ?? 0) - 1;
      if (left > 0) this.#counts.set(address, left);
      else this.#counts.delete(address);
    };
    this.#releases.set(socket, release);
    socket.once('close', release);
    return true;
  }

  /** The connection has proved who it is. */
  admitted(request: IncomingMessage): void {
    this.#releases.get(request.socket)?.();
  }
}
