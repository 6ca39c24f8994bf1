import { createHash } from 'node:crypto';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  AuditLogError,
  memoryAuditStore,
  openAuditLog,
  type AuditEvent,
  type AuditRow,
  type AuthEvent,
  type VaultAccessEvent,
} from './index.js';
import { eventOf, filledLog } from './testing/filled-log.js';

describe('the audit log', () => {
  test('chains rows over single and batched appends and verifies them', async () => {
    const { store, log } = await filledLog(10);
    const row = await store.transaction((tx) => log.append(tx, eventOf('single')));
    expect(row).toMatchObject({ seq: 11, prevHash: store.rows[9]?.hash, event: { detail: 'single' } });
    expect(await log.verify()).toMatchObject({
      outcome: 'intact',
      rows: 11,
      head: { seq: 11, hash: row.hash },
    });
  });

  test('gives consecutive numbers to writers that append at the same time', async () => {
    const { store, log } = await filledLog(0);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => log.appendBatch([eventOf(`w${index}`), eventOf('x')])),
    );
    expect(store.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(await log.verify()).toMatchObject({ outcome: 'intact', rows: 100 });
  });

  test('a change that fails takes its record with it', async () => {
    const { store, log } = await filledLog(3);
    const before = await log.checkpoint();
    const change = store.transaction(async (tx) => {
      await log.append(tx, eventOf('never happened'));
      throw new Error('undo');
    });
    await expect(change).rejects.toThrow('undo');
    expect(await log.checkpoint()).toMatchObject({ seq: before.seq, hash: before.hash });
    expect(await log.verify()).toMatchObject({ outcome: 'intact', rows: 3 });
  });

  test('one bad event of a batch keeps the whole batch out', async () => {
    const { store, log } = await filledLog(0);
    const bad = { ...eventOf('x'), kind: 'other' } as unknown as AuditEvent;
    await expect(log.appendBatch([eventOf('fine'), bad])).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    expect(store.rows).toEqual([]);
  });

  test('a store that fails fails the batch with a code and its cause', async () => {
    const { store, log } = await filledLog(0);
    const cause = new Error('disk full');
    store.append = () => Promise.reject(cause);
    const failure = await log.appendBatch([eventOf('x')]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AuditLogError);
    expect(failure).toMatchObject({ code: 'STORE_FAILED', cause });
  });

  test('the owner of a transaction sees the error of the store itself, so that busy is tried again', async () => {
    const { store } = await filledLog(0);
    const busy = Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' });
    const [lockHead, transaction] = [store.lockHead.bind(store), store.transaction.bind(store)];
    let tries = 0;
    store.lockHead = (tx) => {
      tries += 1;
      return tries < 3 ? Promise.reject(busy) : lockHead(tx);
    };
    const again: typeof store.transaction = (work) =>
      transaction(work).catch((error: unknown) => {
        if (error === busy) return again(work);
        throw error;
      });
    const retrying = openAuditLog({ ...store, transaction: again });
    await retrying.appendBatch([eventOf('x')]);
    expect(tries).toBe(3);
    tries = 0;
    await again((tx) => retrying.append(tx, eventOf('y')));
    expect(tries).toBe(3);
    expect(await retrying.verify()).toMatchObject({ outcome: 'intact', rows: 2 });
  });

  test('exported lines are checked by anybody with SHA-256 alone', async () => {
    const { log } = await filledLog(1_200);
    const lines = await collect(log.export({ format: 'jsonl' }));
    expect(lines).toHaveLength(1_200);
    let previous = '0'.repeat(64);
    for (const line of lines) {
      const { hash, prevHash } = JSON.parse(line) as AuditRow;
      expect(prevHash).toBe(previous);
      // The line is canonical, so leaving out its hash member leaves what was hashed.
      const hashed = line.trimEnd().replace(`"hash":"${hash}",`, '');
      expect(createHash('sha256').update(`clawforce-audit-row-v1\n${hashed}`).digest('hex')).toBe(hash);
      previous = hash;
    }
    expect(await collect(log.export({ since: 1_198 }))).toEqual(lines.slice(1_198));
  });

  test('a checkpoint names the newest row and when it was taken', async () => {
    const { store, log } = await filledLog(7);
    const { seq, hash, time } = await log.checkpoint();
    expect({ seq, hash }).toEqual({ seq: 7, hash: store.rows[6]?.hash });
    expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000);
  });

  test.each(['transaction', 'lockHead', 'append', 'head', 'read'] as const)(
    'a store without %s is refused by name',
    (name) => {
      expect(() => openAuditLog({ ...memoryAuditStore(), [name]: undefined as never })).toThrow(
        new TypeError(`store: it has no function ${name}`),
      );
    },
  );

  test.each([
    ['since', { since: -1 }],
    ['since', { since: 0.5 }],
    ['format', { format: 'csv' as 'jsonl' }],
  ])('a bad %s of an export is refused by name', (name, options) => {
    expect(() => openAuditLog(memoryAuditStore()).export(options)).toThrow(new RegExp(`^${name}:`));
  });

  test('the types of the two events of the contract have its fields exactly', () => {
    type Fields<T> = Exclude<keyof T, 'kind' | 'ext'>;
    expectTypeOf<Fields<AuthEvent>>().toEqualTypeOf<
      'event' | 'user_id' | 'ip' | 'success' | 'detail' | 'timestamp'
    >();
    expectTypeOf<Fields<VaultAccessEvent>>().toEqualTypeOf<
      'agent_id' | 'ip' | 'success' | 'detail' | 'timestamp'
    >();
  });
});

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
