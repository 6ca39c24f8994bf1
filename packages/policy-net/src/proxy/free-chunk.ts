import { MessageChannel } from 'node:worker_threads';

/** Smaller ones are not worth the call. */
const LEAST = 16 * 1024;

const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * Gives the memory of a chunk back at once; afterwards it is empty. For bytes that nobody will look at again.
 *
 * A socket reads into a new buffer of up to 64 KiB each time. The engine counts these buffers but looks for dead ones
 * only now and then, so that a tunnel spent more on collecting garbage than on carrying bytes (decision 0080). A message
 * to a closed port takes its buffers along and is dropped; `ArrayBuffer.prototype.transfer` would do from Node 22 on.
 */
export function freeChunk(chunk: Uint8Array): void {
  const { buffer, byteLength } = chunk;
  // A part of a larger buffer has neighbours.
  if (byteLength < LEAST || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  try {
    nowhere.postMessage(null, [buffer]);
  } catch {
    // It may not be given away; then the collector gets it.
  }
}
