import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { MAX_SOCKET_PATH_BYTES } from '../settings/index.js';

/**
 * Listens on a unix socket that only our own user may open. A stale socket of ours is replaced; anything else at its place
 * is refused.
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(
      `${path} is too long for a unix socket (at most ${MAX_SOCKET_PATH_BYTES} bytes); choose a shorter data directory.`,
    );
  }
  try {
    const info = await lstat(path);
    if (!info.isSocket() || info.uid !== (process.getuid?.() ?? info.uid)) {
      throw new Error(`${path} is in the way and is no socket of this user; remove it.`);
    }
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await chmod(path, 0o600);
}
