import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { adminClient, ApiFailure, type AdminClient } from './admin-client.js';

/** Name of the admin socket below `admin/`. */
export const ADMIN_SOCKET = 'clawforce.sock';

/** Milliseconds that a running server may take to say that it is there. */
const HEALTH_MS = 10_000;

/** Opens the application in this process when no server runs. */
export type OpenOffline = (
  dataDir: string | undefined,
) => Promise<{ socketPath: string; close(): Promise<void> }>;

/**
 * Gives the client of the running server, or opens the database in this process under the single-writer lock. The
 * operating-system user is the authority: the socket must be ours and closed to others.
 */
export async function connect(
  adminDir: string,
  dataDir: string | undefined,
  openOffline: OpenOffline,
): Promise<AdminClient> {
  const path = join(adminDir, ADMIN_SOCKET);
  if (await isOwnSocket(path)) {
    const client = adminClient(path, true);
    try {
      await client.call('GET', '/healthz', undefined, AbortSignal.timeout(HEALTH_MS));
      return client;
    } catch (error) {
      if ((error as Error).name === 'AbortError') {
        throw new ApiFailure(503, {
          code: 'OVERLOADED',
          error: 'The running server does not answer.',
          fix: 'Look at its log, or stop it and try again.',
        });
      }
      // A socket that nobody listens on is what a killed server leaves behind.
      const { cause } = error as { cause?: NodeJS.ErrnoException };
      if (!['ECONNREFUSED', 'ENOENT'].includes(cause?.code ?? '')) throw error;
    }
  }
  const offline = await openOffline(dataDir);
  return adminClient(offline.socketPath, false, () => offline.close());
}

async function isOwnSocket(path: string): Promise<boolean> {
  try {
    const info = await lstat(path);
    const uid = process.getuid?.();
    return info.isSocket() && (uid === undefined || info.uid === uid) && (info.mode & 0o077) === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
