import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from './prisma-error.js';
import { StorageError } from '../storage-error.js';

/** How long `withRetry` keeps trying, in milliseconds. */
export const BUSY_PATIENCE_MS = 10_000;

/**
 * Repeats a step that found the database busy (SQLite: another process writes; PostgreSQL: serialisation conflict or
 * deadlock), with growing pauses. Throws `BUSY` when its patience ends, anything else at once.
 */
export async function withRetry<T>(step: () => Promise<T>, patienceMs = BUSY_PATIENCE_MS): Promise<T> {
  const end = Date.now() + patienceMs;
  for (let pause = 5; ; pause = Math.min(pause * 2, 200)) {
    try {
      return await step();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() + pause > end) {
        throw new StorageError('BUSY', 'the database is busy with another process', { cause: error });
      }
      await sleep(pause / 2 + Math.random() * (pause / 2));
    }
  }
}
