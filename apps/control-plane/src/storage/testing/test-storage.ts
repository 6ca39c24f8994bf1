import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openStorage } from '../open-storage.js';
import type { Storage } from '../storage.js';

/** A place for a database of its own, and its removal. */
export interface TestDatabase {
  readonly url: string;
  /** Path of the SQLite file. */
  readonly file?: string;
  remove(): Promise<void>;
}

/** Gives an address in a new temporary folder. */
export function sqliteDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'cf-storage-'));
  const file = join(folder, 'test.db');
  return Promise.resolve({
    url: `file:${file}`,
    file,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  });
}

/** Gives an address with a new schema in the database of `TEST_DATABASE_URL`. */
export async function postgresqlDatabase(): Promise<TestDatabase> {
  const base = new URL(process.env['TEST_DATABASE_URL'] ?? '');
  base.searchParams.delete('schema');
  const schema = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(base);
  url.searchParams.set('schema', schema);
  return {
    url: url.toString(),
    async remove() {
      const client = new pg.Client({ connectionString: base.toString() });
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
      await client.end();
    },
  };
}

/** A storage whose clock stands still until it is moved. */
export interface TestStorage {
  readonly storage: Storage;
  /** Present time, in milliseconds. */
  clock: number;
  readonly database: TestDatabase;
  close(): Promise<void>;
}

/** Opens a storage on a database of its own. */
export async function openTestStorage(make: () => Promise<TestDatabase>): Promise<TestStorage> {
  const database = await make();
  const test = {
    clock: Date.UTC(2026, 0, 1),
    database,
    async close() {
      await this.storage.close();
      await database.remove();
    },
  } as { -readonly [Key in keyof TestStorage]: TestStorage[Key] };
  test.storage = await openStorage(database.url, { now: () => new Date(test.clock) });
  return test;
}
