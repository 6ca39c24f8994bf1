import { PoolError } from '@clawforce/pool-core';
import { lstat } from 'node:fs/promises';
import { sep } from 'node:path';

/** Where a directory really is: device and inode, the same from every mount of its file system. */
export interface DirectoryIdentity {
  readonly dev: string;
  readonly ino: string;
}

/** As {@link DirectoryIdentity} in one text. */
export const identityText = ({ dev, ino }: DirectoryIdentity): string => `${dev}:${ino}`;

/**
 * Looks at every component of a path and gives the identity of the directory at its end. A link in any place is
 * refused: an engine runs as root and would follow it.
 *
 * @throws PoolError `SPEC_INVALID` with `key`.
 */
export async function checkBindSource(path: string, key: string): Promise<DirectoryIdentity> {
  const parts = path.split(sep).filter((part) => part !== '');
  let current = '';
  let identity: DirectoryIdentity | undefined;
  for (const part of parts) {
    current = `${current}${sep}${part}`;
    const found = await lstat(current, { bigint: true }).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      throw new PoolError('SPEC_INVALID', `${key}: ${current} cannot be looked at (${code ?? 'unknown'})`, {
        key,
        cause: error,
      });
    });
    if (found.isSymbolicLink()) {
      throw new PoolError('SPEC_INVALID', `${key}: ${current} is a link, and links are never mounted`, {
        key,
        fix: 'give the real path, or remove the link',
      });
    }
    if (!found.isDirectory()) {
      throw new PoolError('SPEC_INVALID', `${key}: ${current} is not a directory`, { key });
    }
    identity = { dev: String(found.dev), ino: String(found.ino) };
  }
  if (!identity)
    throw new PoolError('SPEC_INVALID', `${key}: the root of the host is never mounted`, { key });
  return identity;
}
