import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';

/** Listens on a unix socket that only our own user may open. A stale socket of ours is replaced. */
export async function listenOnUnixSocket(server: Server, path: string): Promise<void> {
  try {
    const info = await lstat(path);
    if (!info.isSocket() || info.uid !== (process.getuid?.() ?? info.uid)) {
      throw new Error(`${path} is in the way; remove it.`);
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

/** Stops listening and cuts what is open. */
export async function stopServer(server: Server): Promise<void> {
  server.closeAllConnections();
  if (!server.listening) return;
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
