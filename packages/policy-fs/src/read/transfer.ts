import { fsync, fsyncSync, read, readSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const SYNC_BYTES = 256 * 1024;
const CHUNK = 1024 * 1024;
const readAsync = promisify(read);
const writeAsync = promisify(write);

/** Syncs a descriptor on the thread pool. */
export const sync: (fd: number) => Promise<void> = promisify(fsync);

/** Syncs a descriptor at once. */
export const syncNow: (fd: number) => void = fsyncSync;

/** Reads up to `length` bytes from `position`; less when the file ends or shrinks. Up to 256 KiB at once, else in steps. */
export function readBytes(fd: number, position: number, length: number): Buffer | Promise<Buffer> {
  if (length > SYNC_BYTES) return readLong(fd, position, length);
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

/** Writes all bytes at the descriptor's own position, at once. */
export function writeNow(fd: number, data: Uint8Array): void {
  let done = 0;
  while (done < data.byteLength) done += writeSync(fd, data, done, data.byteLength - done);
}

/** Writes all bytes at the descriptor's own position: up to 256 KiB at once, else in steps. */
export function writeBytes(fd: number, data: Uint8Array): Promise<void> | undefined {
  if (data.byteLength > SYNC_BYTES) return writeLong(fd, data);
  writeNow(fd, data);
  return undefined;
}

async function writeLong(fd: number, data: Uint8Array): Promise<void> {
  let done = 0;
  while (done < data.byteLength) {
    const { bytesWritten } = await writeAsync(fd, data, done, Math.min(CHUNK, data.byteLength - done), null);
    done += bytesWritten;
  }
}
