import { readFile, rm, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { StorageError } from '../storage-error.js';
import type { WriterLock } from './writer-lock.js';

/**
 * Takes the lock of a database file: an exclusive SQLite transaction on an empty file next to it. Node has no `fcntl`, and
 * a file with a process id goes stale after a crash, when ids are used again, and in a copied directory; SQLite's own lock
 * is the kernel's and ends with the process.
 */
export async function lockSqlite(file: string): Promise<WriterLock> {
  const path = `${file}.lock`;
  const holder = `${path}.holder`;
  const client = createClient({ url: pathToFileURL(path).href });
  try {
    await client.execute('BEGIN EXCLUSIVE');
  } catch (error) {
    client.close();
    if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY')) throw error;
    const pid = (await readFile(holder, 'utf8').catch(() => '')).trim();
    const who = /^[0-9]{1,10}$/.test(pid) ? ` (process ${pid})` : '';
    throw new StorageError('LOCKED', `another control plane uses this database${who}`, { cause: error });
  }
  // For the sentence above only; the lock does not depend on it.
  await writeFile(holder, `${String(process.pid)}\n`, { mode: 0o600 });
  return {
    async release() {
      await rm(holder, { force: true });
      // Closing alone would leave the lock to the garbage collector, which still has the statement.
      await client.execute('ROLLBACK');
      client.close();
    },
  };
}
