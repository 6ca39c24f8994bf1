import type { Socket } from 'node:net';
import { freeChunk } from './free-chunk.js';

/**
 * Carries all that comes on `from`, and its end, to `to`. As `pipe` does it, but a chunk's memory is given back as soon
 * as it is written: for sockets of the system only, whose chunks nobody else has.
 */
export function relay(from: Socket, to: Socket): void {
  let waiting = false;
  from.on('data', (chunk: Buffer) => {
    const written = (error?: Error | null): void => {
      // Only what the kernel has taken: after a failure the system may still be looking at it.
      if (error === undefined || error === null) freeChunk(chunk);
      if (!waiting || to.writableNeedDrain || from.destroyed) return;
      waiting = false;
      from.resume();
    };
    if (to.write(chunk, written)) return;
    waiting = true;
    from.pause();
  });
  from.once('end', () => to.end());
  from.resume();
}
