import { createHash } from 'node:crypto';
import { fstatSync, type BigIntStats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBytes } from './transfer.js';

const HASHED_BYTES = 8 * 1024 * 1024;
// Times of files come in steps, 10 ms at most on Linux.
const STEP_MS = 20;
const MAX_WAITS = 50;

/** Gives the etag of content: a hash, so equal content has an equal etag. */
export function contentEtag(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/**
 * Gives the etag of an open file: the hash of its content up to 8 MiB; beyond that inode, size and times, marked with
 * `v`, so that a large file need not be read. A file that changed in this instant is waited for: another change within
 * the same step of the clock would not show.
 */
export async function fileEtag(fd: number): Promise<string> {
  const first = fstatSync(fd, { bigint: true });
  if (first.size <= HASHED_BYTES) return contentEtag(await readBytes(fd, 0, Number(first.size)));
  const { ino, size, mtimeNs, ctimeNs } = await untilSettled(fd);
  return `v${[ino, size, mtimeNs, ctimeNs].map((part) => part.toString(36)).join('-')}`;
}

/** Waits until a file did not change in this instant, so that the next change gives it other times. */
export async function untilSettled(fd: number): Promise<BigIntStats> {
  let stat = fstatSync(fd, { bigint: true });
  for (let waits = 0; waits < MAX_WAITS && isFresh(stat.ctimeNs); waits += 1) {
    await sleep(STEP_MS);
    stat = fstatSync(fd, { bigint: true });
  }
  return stat;
}

function isFresh(changedNs: bigint): boolean {
  return Math.abs(Date.now() - Number(changedNs / 1_000_000n)) < STEP_MS;
}

/** Tells whether content of this many bytes has a hash for its etag. */
export function isHashed(bytes: number): boolean {
  return bytes <= HASHED_BYTES;
}
