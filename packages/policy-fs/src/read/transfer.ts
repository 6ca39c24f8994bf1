import { fsync, read, readSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const SYNC_BYTES = 256 * 1024;
const CHUNK = 1024 * 1024;
const readAsync = promisify(read);
const writeAsync = promisify(write);

/** Syncs a descriptor on the thread pool. */
export const sync: (fd: number) => Promise<void> = promisify(fsync);

/** Tells whether so many bytes are read in one turn. */
export function isReadAtOnce(bytes: number): boolean {
  return bytes <= SYNC_BYTES;
}

/** Reads up to `length` bytes from `position`; less when the file ends or shrinks. Up to 256 KiB at once, else in steps. */
export function readBytes(fd: number, position: number, length: number): Buffer | Promise<Buffer> {
  if (!isReadAtOnce(length)) return readLong(fd, position, length);
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, buffer, done, length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done === length ? buffer : buffer.subarray(0, done);
}

async function readLong(fd: number, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await readAsync(fd, buffer, done, Math.min(CHUNK, length - done), position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** How far a write has come. */
export interface WriteProgress {
  done: number;
}

/** Writes all bytes at the descriptor's own position: up to 256 KiB at once, else in steps. */
export function writeBytes(
  fd: number,
  data: Uint8Array,
  progress: WriteProgress = { done: 0 },
): Promise<void> | undefined {
  if (data.byteLength > SYNC_BYTES) return writeLong(fd, data, progress);
  while (progress.done < data.byteLength) {
    progress.done += writeSync(fd, data, progress.done, data.byteLength - progress.done);
  }
  return undefined;
}

async function writeLong(fd: number, data: Uint8Array, progress: WriteProgress): Promise<void> {
  while (progress.done < data.byteLength) {
    const length = Math.min(CHUNK, data.byteLength - progress.done);
    const { bytesWritten } = await writeAsync(fd, data, progress.done, length, null);
    progress.done += bytesWritten;
  }
}
