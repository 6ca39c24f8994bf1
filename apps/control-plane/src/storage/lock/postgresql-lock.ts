import pg from 'pg';
import { StorageError } from '../storage-error.js';
import type { WriterLock, WriterLockOptions } from './writer-lock.js';

/** First half of the advisory lock's key, "claw"; the second half is the schema. */
const LOCK_SPACE = 0x636c6177;
const CHECK_EVERY_MS = 5_000;

/** Takes a session advisory lock on a connection of its own; the server frees it when the connection ends. */
export async function lockPostgresql(
  connectionString: string,
  schema: string,
  { onLost }: WriterLockOptions,
): Promise<WriterLock> {
  const client = new pg.Client({
    connectionString,
    keepAlive: true,
    application_name: 'clawforce writer lock',
  });
  let state: 'held' | 'lost' | 'released' = 'released';
  const lose = (reason: string): void => {
    if (state !== 'held') return;
    state = 'lost';
    clearInterval(check);
    onLost?.(reason);
  };
  client.on('error', () => lose('the connection that holds the writer lock failed'));
  client.on('end', () => lose('the connection that holds the writer lock ended'));
  await client.connect();
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken',
    [LOCK_SPACE, schema],
  );
  if (rows[0]?.taken !== true) {
    await client.end();
    throw new StorageError('LOCKED', 'another control plane uses this database');
  }
  state = 'held';
  // A connection that died without a word is noticed by using it.
  const check = setInterval(() => {
    client.query('SELECT 1').catch(() => lose('the connection that holds the writer lock does not answer'));
  }, CHECK_EVERY_MS);
  check.unref();
  return {
    async release() {
      state = 'released';
      clearInterval(check);
      await client.end();
    },
  };
}
