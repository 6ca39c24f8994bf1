import { describe, expect, test } from 'vitest';
import { memoryAuditStore, openAuditLog, type AuditEvent, type AuditRow } from './index.js';

const event = (detail: string): AuditEvent => ({
  kind: 'auth_event',
  event: 'login',
  user_id: 'u1',
  ip: '127.0.0.1',
  success: true,
  detail,
  timestamp: '2026-11-24T00:00:00.000Z',
});

async function filled(count: number) {
  const store = memoryAuditStore();
  const log = openAuditLog(store);
  await log.appendBatch(Array.from({ length: count }, (_, index) => event(`event ${index}`)));
  return { store, log };
}

describe('the audit log', () => {
  test('chains rows over single and batched appends and verifies them', async () => {
    const { store, log } = await filled(10);
    await store.transaction((tx) => log.append(tx, event('single')));
    expect(await log.verify()).toMatchObject({ outcome: 'intact', rows: 11 });
    expect(await log.verify({ from: 6 })).toMatchObject({ outcome: 'intact', rows: 6 });
  });

  test('gives consecutive numbers to writers that append at the same time', async () => {
    const { store, log } = await filled(0);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => log.appendBatch([event(`w${index}`), event('x')])),
    );
    expect(store.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(await log.verify()).toMatchObject({ outcome: 'intact', rows: 100 });
  });

  test('an attacker who edits, removes, doubles or swaps any single row is found, at that row', async () => {
    const { store, log } = await filled(250);
    const untouched = structuredClone(store.rows);
    const mutations: ((rows: AuditRow[], index: number) => number)[] = [
      (rows, index) => {
        rows[index] = { ...rows[index]!, event: event('forged') };
        return index + 1;
      },
      (rows, index) => {
        rows.splice(index, 1);
        return index + 1;
      },
      (rows, index) => {
        rows[index] = { ...rows[index]!, hash: 'f'.repeat(64) };
        return index + 1;
      },
      (rows, index) => {
        const [a, b] = [rows[index]!, rows[index + 1]!];
        rows[index] = { ...b, seq: a.seq };
        rows[index + 1] = { ...a, seq: b.seq };
        return index + 1;
      },
    ];
    for (const mutate of mutations) {
      for (let index = 0; index < 249; index += 1) {
        store.rows.splice(0, store.rows.length, ...structuredClone(untouched));
        const seq = mutate(store.rows, index);
        expect(await log.verify()).toMatchObject({ outcome: 'altered', seq });
      }
    }
  });

  test('a log whose end was cut off is found by a checkpoint and by its head', async () => {
    const { store, log } = await filled(20);
    const checkpoint = await log.checkpoint();
    store.rows.splice(15);
    expect(await log.verify({ checkpoint })).toMatchObject({ outcome: 'truncated', seq: 15 });
    expect(await log.verify()).toMatchObject({ outcome: 'truncated', seq: 15 });
  });

  test('a log that was rewritten from the start is found by the checkpoint', async () => {
    const { log } = await filled(5);
    const checkpoint = await log.checkpoint();
    const rewritten = await filled(0);
    await rewritten.log.appendBatch(Array.from({ length: 5 }, () => event('other history')));
    expect(await rewritten.log.verify()).toMatchObject({ outcome: 'intact' });
    expect(await rewritten.log.verify({ checkpoint })).toMatchObject({ outcome: 'truncated', seq: 5 });
  });

  test('an attacker who writes line breaks, escapes and endless text gets one plain line', async () => {
    const { store, log } = await filled(0);
    await log.appendBatch([event(`a\r\n\u001b[31mroot logged in\u2028\u202e${'x'.repeat(10_000)}`)]);
    const [line] = await collect(log.export());
    expect(line?.trimEnd()).not.toMatch(/[\n\r\u001b\u2028\u202e]/);
    expect((store.rows[0]?.event as { detail: string }).detail).toMatch(
      /\\u000d\\u000a\\u001b\[31m.*more characters\)$/,
    );
  });

  test.each([
    ['an unknown kind', { ...event('x'), kind: 'other' }],
    ['no time', { ...event('x'), timestamp: 'yesterday' }],
  ])('refuses an event with %s and stores nothing', async (_title, bad) => {
    const { store, log } = await filled(0);
    await expect(log.appendBatch([event('fine'), bad as AuditEvent])).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    });
    expect(store.rows).toEqual([]);
  });

  test('a store that fails fails the append', async () => {
    const { store, log } = await filled(0);
    store.append = () => Promise.reject(new Error('disk full'));
    await expect(log.appendBatch([event('x')])).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
