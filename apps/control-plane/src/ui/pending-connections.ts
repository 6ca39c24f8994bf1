import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '@clawforce/auth-rbac/limiter';

/**
 * Counts, for each party, the connections that have not proved yet who they are (auth-checklist E2). Whoever holds one
 * IPv6 address holds its whole /64.
 */
export class PendingConnections {
  readonly #max: number;
  readonly #counts = new Map<string, number>();
  readonly #releases = new WeakMap<Socket, () => void>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place for a connection until it is admitted or gone; false when its party has none left. */
  take(request: IncomingMessage, address: string): boolean {
    const { socket } = request;
    if (this.#releases.has(socket)) return true;
    const party = addressKey(address);
    const count = this.#counts.get(party) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(party, count + 1);
    const release = (): void => {
      socket.off('close', release);
      if (!this.#releases.delete(socket)) return;
      const left = (this.#counts.get(party) ?? 0) - 1;
      if (left > 0) this.#counts.set(party, left);
      else this.#counts.delete(party);
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
