import { randomUUID } from 'node:crypto';
import type { ArgType, SqlDriverAdapter, SqlQueryable, Transaction } from '@prisma/driver-adapter-utils';
import type { Database } from '../database/open-db.js';
import { withRetry } from '../database/retry.js';
import { StorageError } from '../storage-error.js';
import { CREATE_LEDGER } from './ledger.js';
import { migrationsFolder, readMigrations, type Migration } from './read-migrations.js';
import { splitStatements } from './split-statements.js';

/** Key of the PostgreSQL advisory lock; the one of Prisma's own tool, so that both wait for each other. */
const ADVISORY_LOCK = 72707369;

/** What a run changed. */
export interface MigrateResult {
  /** Names of the migrations that this run applied. */
  readonly applied: readonly string[];
}

/**
 * Brings the database to the present schema. One migration is one transaction, script and ledger row together, so that a
 * run that is killed leaves either all of it or nothing. Several at once wait for each other. Throws `MIGRATION_CHANGED`
 * when an applied script was edited, `MIGRATION_UNKNOWN` when the database is newer than this code, `MIGRATION_FAILED`.
 */
export async function migrate(
  database: Pick<Database, 'provider' | 'connect'>,
  folder = migrationsFolder(database.provider),
): Promise<MigrateResult> {
  const migrations = await readMigrations(folder);
  const connection = await database.connect();
  try {
    const applied: string[] = [];
    for (;;) {
      const name = await withRetry(() => applyNext(database.provider, connection, migrations));
      if (name === undefined) return { applied };
      applied.push(name);
    }
  } finally {
    await connection.dispose();
  }
}

async function applyNext(
  provider: Database['provider'],
  connection: SqlDriverAdapter,
  migrations: readonly Migration[],
): Promise<string | undefined> {
  // A rebuild of a table drops the old one; with foreign keys on, that would delete the rows that refer to it. The pragma
  // does nothing inside a transaction.
  if (provider === 'sqlite') await run(connection, 'PRAGMA foreign_keys = OFF');
  const transaction = await connection.startTransaction();
  try {
    if (provider === 'postgresql') {
      await query(transaction, `SELECT 1 FROM pg_advisory_xact_lock(${String(ADVISORY_LOCK)})`);
      await createSchema(transaction, connection.getConnectionInfo?.().schemaName ?? 'public');
    }
    await run(transaction, CREATE_LEDGER[provider]);
    const next = pending(await readLedger(transaction), migrations);
    if (next !== undefined) await apply(provider, transaction, next);
    await finish(transaction, 'COMMIT');
    return next?.name;
  } catch (error) {
    await finish(transaction, 'ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    if (provider === 'sqlite') await run(connection, 'PRAGMA foreign_keys = ON');
  }
}

/** Makes the schema of the address when it is missing; its name has been checked by `parseDatabaseUrl`. */
async function createSchema(transaction: Transaction, schema: string): Promise<void> {
  const found = await query(transaction, `SELECT 1 FROM pg_namespace WHERE nspname = '${schema}'`);
  if (found.length === 0) await run(transaction, `CREATE SCHEMA "${schema}"`);
}

interface LedgerRow {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** Gives the first migration that the database lacks; refuses a database whose past is not the one of this code. */
function pending(ledger: readonly LedgerRow[], migrations: readonly Migration[]): Migration | undefined {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of ledger) {
    const migration = known.get(row.name);
    if (migration === undefined) {
      throw new StorageError(
        'MIGRATION_UNKNOWN',
        `the database has ${row.name}: it is newer than this version`,
      );
    }
    if (!row.finished) {
      throw new StorageError('MIGRATION_FAILED', `another tool left ${row.name} unfinished in the database`);
    }
    if (migration.checksum !== row.checksum) {
      throw new StorageError('MIGRATION_CHANGED', `${row.name} was edited after it had been applied`);
    }
  }
  const done = new Set(ledger.map(({ name }) => name));
  return migrations.find(({ name }) => !done.has(name));
}

async function apply(
  provider: Database['provider'],
  transaction: Transaction,
  { name, script, checksum }: Migration,
): Promise<void> {
  for (const statement of splitStatements(script)) {
    try {
      await run(transaction, statement);
    } catch (error) {
      throw new StorageError('MIGRATION_FAILED', `${name} failed and was undone`, { cause: error });
    }
  }
  if (provider === 'sqlite' && (await query(transaction, 'PRAGMA foreign_key_check')).length > 0) {
    throw new StorageError(
      'MIGRATION_FAILED',
      `${name} would leave rows that refer to nothing; it was undone`,
    );
  }
  const place = provider === 'sqlite' ? '?, ?, ?' : '$1, $2, $3';
  await run(
    transaction,
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at", "applied_steps_count") VALUES (${place}, CURRENT_TIMESTAMP, 1)`,
    [randomUUID(), checksum, name],
  );
}

async function readLedger(transaction: Transaction): Promise<readonly LedgerRow[]> {
  const rows = await query(
    transaction,
    `SELECT "migration_name", "checksum", CASE WHEN "finished_at" IS NULL THEN 0 ELSE 1 END FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  );
  return rows.map(([name, checksum, finished]) => ({
    name: String(name),
    checksum: String(checksum),
    finished: Number(finished) === 1,
  }));
}

/** Ends a transaction; PostgreSQL's adapter leaves the statement to its caller, SQLite's does it itself. */
async function finish(transaction: Transaction, statement: 'COMMIT' | 'ROLLBACK'): Promise<void> {
  try {
    if (!transaction.options.usePhantomQuery) await run(transaction, statement);
  } finally {
    await (statement === 'COMMIT' ? transaction.commit() : transaction.rollback());
  }
}

const TEXT: ArgType = { scalarType: 'string', arity: 'scalar' };

async function run(target: SqlQueryable, sql: string, args: readonly string[] = []): Promise<void> {
  await target.executeRaw({ sql, args: [...args], argTypes: args.map(() => TEXT) });
}

async function query(target: SqlQueryable, sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await target.queryRaw({ sql, args: [], argTypes: [] })).rows;
}
