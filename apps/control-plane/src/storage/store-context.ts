import type { DbClient } from './database/open-db.js';
import type { CursorCodec } from './page/cursor.js';

/** What every Prisma store is built on. */
export interface StoreContext {
  readonly provider: 'sqlite' | 'postgresql';
  /** The database, or the transaction the store belongs to. */
  readonly db: DbClient;
  /** Runs steps that must commit together: in a transaction of their own, or as part of the one the store belongs to. */
  atomic<T>(steps: (db: DbClient) => Promise<T>): Promise<T>;
  /** Does something once what the store belongs to is committed; at once outside of a transaction. */
  afterCommit(effect: () => void): void;
  now(): Date;
  readonly cursors: CursorCodec;
}
