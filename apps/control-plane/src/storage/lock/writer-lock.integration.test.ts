import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { requires } from '../../../../../tools/host/host-test.js';
import { postgresqlDatabase, sqliteDatabase, type TestDatabase } from '../testing/test-storage.js';
import { acquireWriterLock } from './writer-lock.js';

const locked = { code: 'LOCKED' };

async function holder(url: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('../testing/lock-process.ts', import.meta.url)), [url], {
    execArgv: ['--conditions=@clawforce/source', '--import', 'tsx'],
  });
  await once(child, 'message');
  return child;
}

function suite(make: () => Promise<TestDatabase>): void {
  test('one holder at a time; the lock is free after its release', async () => {
    const { url, remove } = await make();
    const lock = await acquireWriterLock(url);
    await expect(acquireWriterLock(url)).rejects.toMatchObject(locked);
    await lock.release();
    await (await acquireWriterLock(url)).release();
    await remove();
  });

  test('a holder that is killed leaves no stale lock', async () => {
    const { url, remove } = await make();
    const child = await holder(url);
    await expect(acquireWriterLock(url)).rejects.toMatchObject(locked);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect
      .poll(async () => {
        const lock = await acquireWriterLock(url);
        await lock.release();
        return 'free';
      })
      .toBe('free');
    await remove();
  });
}

describe('writer lock on SQLite', () => {
  suite(sqliteDatabase);

  test('the refusal names the process that holds it', async () => {
    const { url, remove } = await sqliteDatabase();
    const child = await holder(url);
    await expect(acquireWriterLock(url)).rejects.toThrow(`process ${String(child.pid)}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await remove();
  });
});

requires('postgresql').describe('writer lock on PostgreSQL', () => {
  suite(postgresqlDatabase);

  test('a lock whose connection is cut is reported as lost', async () => {
    const { url, remove } = await postgresqlDatabase();
    const lost: string[] = [];
    const lock = await acquireWriterLock(url, { onLost: (reason) => lost.push(reason) });
    const plain = new URL(url);
    plain.searchParams.delete('schema');
    const admin = new pg.Client({ connectionString: plain.toString() });
    await admin.connect();
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = hashtext($1)::bigint & 4294967295`,
      [new URL(url).searchParams.get('schema')],
    );
    await admin.end();
    await expect.poll(() => lost.length).toBe(1);
    await (await acquireWriterLock(url)).release();
    await lock.release();
    await remove();
  });
});
