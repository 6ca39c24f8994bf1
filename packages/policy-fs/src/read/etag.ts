import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { readBytes } from './transfer.js';

const HASHED_BYTES = 8 * 1024 * 1024;

/** Gives the etag of content: a hash, so equal content has an equal etag. */
export function contentEtag(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/**
 * Gives the etag of an open file: the hash of its content up to 8 MiB; beyond that inode, size and times, marked with
 * `v`, so that a large file need not be read.
 */
export async function fileEtag(fd: number): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true });
  if (size <= HASHED_BYTES) return contentEtag(await readBytes(fd, 0, Number(size)));
  return `v${[ino, size, mtimeNs, ctimeNs].map((part) => part.toString(36)).join('-')}`;
}

/** Tells whether content of this many bytes has a hash for its etag. */
export function isHashed(bytes: number): boolean {
  return bytes <= HASHED_BYTES;
}
