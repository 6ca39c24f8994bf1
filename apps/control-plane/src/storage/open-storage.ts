import { randomBytes } from 'node:crypto';
import { createStores } from './create-stores.js';
import { openDb, type DbClient, type OpenDbOptions } from './database/open-db.js';
import { withRetry } from './database/retry.js';
import { migrate } from './migrate/migrate.js';
import { createCursorCodec } from './page/cursor.js';
import type { Storage } from './storage.js';
import type { StoreContext } from './store-context.js';

/** How a storage is opened. */
export interface OpenStorageOptions extends OpenDbOptions {
  /** Key of the list cursors, at least 32 bytes; random unless given, so that cursors end with the process. */
  readonly cursorKey?: Uint8Array;
  /** Clock; the system's unless given. */
  readonly now?: () => Date;
}

/**
 * Opens the database, brings it to the present schema and gives the stores. Throws StorageError: `URL`, `BUSY`, or one of
 * the `MIGRATION_*` codes when the database does not fit this version.
 */
export async function openStorage(databaseUrl: string, options: OpenStorageOptions = {}): Promise<Storage> {
  const now = options.now ?? (() => new Date());
  const cursors = createCursorCodec(options.cursorKey ?? randomBytes(32));
  const database = await openDb(databaseUrl, options);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  const { provider, db } = database;
  const inTransaction = <T>(steps: (tx: DbClient) => Promise<T>): Promise<T> =>
    withRetry(() => db.$transaction(steps));
  const context: StoreContext = {
    provider,
    db,
    now,
    cursors,
    atomic: inTransaction,
    afterCommit: (effect) => effect(),
  };
  return {
    ...createStores(context),
    provider,
    transaction: async (work) => {
      let effects: (() => void)[] = [];
      const result = await inTransaction((tx) => {
        // A try that the database turned away leaves nothing behind.
        effects = [];
        const afterCommit = (effect: () => void): void => void effects.push(effect);
        return work(createStores({ ...context, db: tx, atomic: (steps) => steps(tx), afterCommit }));
      });
      for (const effect of effects) effect();
      return result;
    },
    async ping() {
      await db.$queryRawUnsafe('SELECT 1');
    },
    close: () => database.close(),
  };
}
