import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { requires } from '../../../../../tools/host/host-test.js';
import { openDb, type Database } from '../database/open-db.js';
import { openStorage } from '../open-storage.js';
import { postgresqlDatabase, sqliteDatabase, type TestDatabase } from '../testing/test-storage.js';
import { migrate } from './migrate.js';
import { migrationsFolder } from './read-migrations.js';

function suite(provider: 'sqlite' | 'postgresql', make: () => Promise<TestDatabase>): void {
  const scratch = mkdtempSync(join(tmpdir(), 'cf-migrations-'));
  const shipped = readdirSync(migrationsFolder(provider)).sort();
  let folder: string;
  let count = 0;

  beforeEach(() => {
    count += 1;
    folder = join(scratch, String(count));
    cpSync(migrationsFolder(provider), folder, { recursive: true });
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const add = (name: string, script: string): void => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), script);
  };
  const withDatabase = async (
    work: (database: Database, place: TestDatabase) => Promise<void>,
  ): Promise<void> => {
    const place = await make();
    const database = await openDb(place.url);
    try {
      await work(database, place);
    } finally {
      await database.close();
      await place.remove();
    }
  };
  const rows = (database: Database, sql: string): Promise<unknown[]> => database.db.$queryRawUnsafe(sql);

  /** Whether another process is inside a migration: it holds the write lock, or the advisory lock of migrations. */
  const isWriting = async (database: Database): Promise<boolean> => {
    if (provider === 'postgresql') {
      const sql = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 72707369 AND granted";
      return (await rows(database, sql)).length > 0;
    }
    return database.db.setting.deleteMany({ where: { key: 'none' } }).then(
      () => false,
      () => true,
    );
  };

  test('a fresh database gets every migration, a second run none', () =>
    withDatabase(async (database) => {
      expect(await migrate(database)).toEqual({ applied: shipped });
      expect(await migrate(database)).toEqual({ applied: [] });
      const ledger = await rows(
        database,
        'SELECT "migration_name", "applied_steps_count" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL',
      );
      expect(ledger).toHaveLength(shipped.length);
    }));

  test('several at once apply each migration once', () =>
    withDatabase(async (_, place) => {
      const databases = await Promise.all([1, 2, 3, 4].map(() => openDb(place.url)));
      const results = await Promise.all(databases.map((database) => migrate(database)));
      // Each waits for one migration at a time, so that one may apply the first and another the second.
      expect(results.flatMap(({ applied }) => applied).sort()).toEqual(shipped);
      await Promise.all(databases.map((database) => database.close()));
    }));

  test('a script that was edited after it had been applied is refused', () =>
    withDatabase(async (database) => {
      await migrate(database, folder);
      add(shipped[0]!, 'SELECT 1;');
      await expect(migrate(database, folder)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    }));

  test('a database that is newer than the code is refused and left alone', () =>
    withDatabase(async (database, place) => {
      add('9999_future', 'CREATE TABLE "Future" ("id" TEXT PRIMARY KEY);');
      await migrate(database, folder);
      await expect(openStorage(place.url)).rejects.toMatchObject({ code: 'MIGRATION_UNKNOWN' });
      expect(await rows(database, 'SELECT * FROM "Future"')).toEqual([]);
    }));

  test('a script that fails half-way leaves nothing, and works once repaired', () =>
    withDatabase(async (database) => {
      await migrate(database, folder);
      add('9000_broken', 'CREATE TABLE "Half" ("id" TEXT PRIMARY KEY);\nINSERT INTO "Nowhere" VALUES (1);');
      await expect(migrate(database, folder)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      await expect(rows(database, 'SELECT * FROM "Half"')).rejects.toThrow();
      add('9000_broken', 'CREATE TABLE "Half" ("id" TEXT PRIMARY KEY);');
      expect(await migrate(database, folder)).toEqual({ applied: ['9000_broken'] });
      expect(await rows(database, 'SELECT * FROM "Half"')).toEqual([]);
    }));

  test('a run that is killed in the middle of a script leaves nothing, and the next run does it all', () =>
    withDatabase(async (database, place) => {
      await migrate(database, folder);
      const many = Array.from({ length: 20_000 }, (_, n) => `INSERT INTO "Killed" VALUES ('${String(n)}');`);
      add('9000_long', ['CREATE TABLE "Killed" ("id" TEXT PRIMARY KEY);', ...many].join('\n'));
      const child = fork(
        fileURLToPath(new URL('../testing/migrate-process.ts', import.meta.url)),
        [place.url, folder],
        {
          execArgv: ['--conditions=@clawforce/source', '--import', 'tsx'],
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        },
      );
      await once(child, 'message');
      await expect.poll(() => isWriting(database), { interval: 5, timeout: 10_000 }).toBe(true);
      child.kill('SIGKILL');
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      await expect(rows(database, 'SELECT count(*) FROM "Killed"')).rejects.toThrow();
      expect(await migrate(database, folder)).toEqual({ applied: ['9000_long'] });
      const [total] = (await rows(database, 'SELECT count(*) AS "n" FROM "Killed"')) as [{ n: bigint }];
      expect(Number(total.n)).toBe(20_000);
    }));

  if (provider === 'sqlite') {
    test('a table that is rebuilt keeps the rows that refer to it', () =>
      withDatabase(async (database, place) => {
        const storage = await openStorage(place.url);
        const user = await storage.users.create({ username: 'keeper', passwordHash: null, role: 'admin' });
        const later = new Date(Date.now() + 1e6);
        const session = {
          userId: user.id,
          ip: '',
          userAgent: '',
          idleExpiresAt: later,
          absoluteExpiresAt: later,
        };
        const { id } = await storage.sessions.create(session);
        add(
          '9000_rebuild',
          'CREATE TABLE "new_User" AS SELECT * FROM "User";\nDROP TABLE "User";\nALTER TABLE "new_User" RENAME TO "User";\nCREATE UNIQUE INDEX "User_pk" ON "User"("id");',
        );
        await migrate(database, folder);
        expect(await storage.sessions.get(id)).toMatchObject({ userId: user.id });
        await storage.close();
      }));
  }
}

describe('migrations on SQLite', () => suite('sqlite', sqliteDatabase));
requires('postgresql').describe('migrations on PostgreSQL', () => suite('postgresql', postgresqlDatabase));
