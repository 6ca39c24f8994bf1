import { parseDatabaseUrl } from '../database/database-url.js';
import { lockPostgresql } from './postgresql-lock.js';
import { lockSqlite } from './sqlite-lock.js';

/** The right to be the one process that writes the audit chain and runs agents. */
export interface WriterLock {
  release(): Promise<void>;
}

/** How a lock is taken. */
export interface WriterLockOptions {
  /** Called once when the lock is lost (PostgreSQL: the connection broke); the process must stop writing. */
  readonly onLost?: (reason: string) => void;
}

/**
 * Takes the single-writer lock of a database (ARCHITECTURE sections 7 and 8). Throws `LOCKED` when another process has it,
 * with its process id where that is known. The operating system or the server frees it when the holder dies, so there are
 * no stale locks to detect.
 */
export async function acquireWriterLock(
  databaseUrl: string,
  options: WriterLockOptions = {},
): Promise<WriterLock> {
  const location = parseDatabaseUrl(databaseUrl);
  return location.provider === 'sqlite'
    ? await lockSqlite(location.file)
    : await lockPostgresql(location.connectionString, location.schema, options);
}
