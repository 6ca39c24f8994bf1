import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerSocket } from './link-hub.js';

/** Characters of a connection that may wait for the store before its socket is left unread. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;
/** How long a worker may leave an answer unread. */
const MAX_UNREAD_MS = 10_000;

/**
 * Back-pressure of one worker's connection, in both directions: what a hostile worker sends faster than it can be stored,
 * or asks for and does not read, waits in its own socket and not in the memory of the control plane.
 */
export class LinkFlow {
  readonly #socket: WorkerSocket;
  #waiting = 0;
  #received = 0;
  #paused = false;

  /** `served` resolves when every frame that was read is dealt with. */
  constructor(socket: WorkerSocket, served: () => Promise<void>) {
    this.#socket = socket;
    socket.conn.on('packet', ({ data }: { data?: unknown }) => {
      const size = typeof data === 'string' ? data.length : 0;
      this.#received += size;
      this.#waiting += size;
      if (this.#waiting > MAX_WAITING_CHARS && !this.#paused) this.#pauseUntil(served);
    });
  }

  /** Characters that came since this was last asked. */
  takeReceived(): number {
    const received = this.#received;
    this.#received = 0;
    return received;
  }

  /** Resolves when the worker has taken what it was sent; `false` when it does not. */
  async flushed(): Promise<boolean> {
    const deadline = performance.now() + MAX_UNREAD_MS;
    while (this.#socket.connected && !this.#socket.conn.transport.writable) {
      if (performance.now() > deadline) return false;
      await sleep(10);
    }
    return true;
  }

  #pauseUntil(served: () => Promise<void>): void {
    // engine.io has no word for this; its websocket transport keeps the connection of `ws` under this name.
    const { socket: wire } = this.#socket.conn.transport as unknown as {
      socket?: { pause(): void; resume(): void };
    };
    this.#paused = true;
    wire?.pause();
    const resume = (): void => {
      this.#waiting = 0;
      this.#paused = false;
      wire?.resume();
    };
    // Frames reach their handlers one tick after they were read.
    setImmediate(() => void served().then(resume, resume));
  }
}
