import { open } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapter, SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaClient as PostgresqlClient } from '../generated/postgresql/client.js';
import { PrismaClient as SqliteClient, type Prisma } from '../generated/sqlite/client.js';
import { parseDatabaseUrl } from './database-url.js';
import { withRetry } from './retry.js';
import { sqliteAdapter } from './sqlite-adapter.js';

/** Client of either database; the type is that of the narrower one (TOOLING section 3, point 7). */
export type Db = SqliteClient;

/** A client over the database or over one transaction. */
export type DbClient = Prisma.TransactionClient;

/** An open database. */
export interface Database {
  readonly provider: 'sqlite' | 'postgresql';
  readonly db: Db;
  /** Gives a connection of its own, for migrations and locks. The caller disposes of it. */
  connect(): Promise<SqlDriverAdapter>;
  close(): Promise<void>;
}

/** How a database is opened. */
export interface OpenDbOptions {
  /** Most connections to PostgreSQL; 10 unless given. SQLite has one. */
  readonly poolSize?: number;
}

/**
 * Opens the database at a `file:` or `postgresql:` address; creates a missing SQLite file, runs no migration. SQLite gets
 * WAL with full synchronisation: an acknowledged event is on disk, and with batches that costs 7 % (reliability.md 1.4).
 */
export async function openDb(url: string, options: OpenDbOptions = {}): Promise<Database> {
  const location = parseDatabaseUrl(url);
  const transactionOptions = { maxWait: 15_000, timeout: 30_000 };
  if (location.provider === 'postgresql') {
    const adapter = new PrismaPg(
      {
        connectionString: location.connectionString,
        max: options.poolSize ?? 10,
        options: `-c search_path=${location.schema} -c timezone=UTC`,
      },
      { schema: location.schema, onPoolError: () => undefined, onConnectionError: () => undefined },
    );
    const client = new PostgresqlClient({ adapter, transactionOptions });
    return {
      provider: 'postgresql',
      // One client for two databases does not exist; the schemas differ in the provider line only.
      db: client as unknown as Db,
      connect: () => adapter.connect(),
      close: () => client.$disconnect(),
    };
  }
  // Before SQLite would make it: its mode is for everybody, and journal files take over the mode of the database.
  await (await open(location.file, 'a', 0o600)).close();
  const adapter = sqliteAdapter(location.file);
  const client = new SqliteClient({ adapter, transactionOptions });
  try {
    await withRetry(() => client.$queryRawUnsafe('PRAGMA journal_mode = WAL'));
  } catch (error) {
    await client.$disconnect();
    throw error;
  }
  return {
    provider: 'sqlite',
    db: client,
    connect: () => adapter.connect(),
    close: () => client.$disconnect(),
  } satisfies Database & { connect: SqlDriverAdapterFactory['connect'] };
}
