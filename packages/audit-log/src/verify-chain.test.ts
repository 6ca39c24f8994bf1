import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowHash, type AuditRow } from './index.js';
import { eventOf, filledLog } from './testing/filled-log.js';

const COUNT = 40;
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const position = fc.integer({ min: 0, max: COUNT - 1 });

/** What somebody with write access to the table may do to one row: applied to copies, gives the row that must be named. */
type Mutation = (rows: AuditRow[]) => number;

const at = (rows: readonly AuditRow[], index: number): AuditRow => {
  const row = rows[index];
  if (!row) throw new Error(`no row ${index}`);
  return row;
};
const sealed = (row: AuditRow): AuditRow => ({ ...row, hash: rowHash(row) });

const edits: fc.Arbitrary<(row: AuditRow) => AuditRow> = fc.oneof(
  fc.string().map((text) => (row: AuditRow) => ({ ...row, event: eventOf(`forged ${text}`) })),
  fc.constantFrom('user_id', 'ip', 'detail', 'timestamp').map((field) => (row: AuditRow) => {
    const event = Object.fromEntries(Object.entries(row.event).filter(([name]) => name !== field));
    return { ...row, event: event as unknown as AuditRow['event'] };
  }),
  fc.constant((row: AuditRow) => ({ ...row, event: { ...row.event, success: false } as AuditRow['event'] })),
  fc.constant((row: AuditRow) => ({ ...row, event: { ...row.event, ext: { forged: true } } })),
  fc.constant((row: AuditRow) => ({ ...row, event: undefined as unknown as AuditRow['event'] })),
  fc
    .integer({ min: 1, max: 4e12 })
    .map((ms) => (row: AuditRow) => ({ ...row, time: new Date(Date.parse(row.time) - ms).toISOString() })),
  hex.map((hash) => (row: AuditRow) => ({ ...row, hash })),
  hex.map((prevHash) => (row: AuditRow) => ({ ...row, prevHash })),
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, edits).map(([index, edit]): Mutation => (rows) => {
    rows[index] = edit(at(rows, index));
    return index + 1;
  }),
  // The hash is made to fit, so the next row, or the head, gives it away.
  fc.tuple(position, fc.string()).map(([index, text]): Mutation => (rows) => {
    rows[index] = sealed({ ...at(rows, index), event: eventOf(`forged ${text}`) });
    return Math.min(index + 2, COUNT);
  }),
  position.map((index): Mutation => (rows) => {
    rows.splice(index, 1);
    return index === COUNT - 1 ? COUNT - 1 : index + 1;
  }),
  fc.tuple(position, position, fc.boolean()).map(([index, other, first]): Mutation => (rows) => {
    const copy = { ...at(rows, other), seq: index + 1, event: eventOf('inserted') };
    rows.splice(first ? 0 : COUNT, 0, copy);
    return index + 1;
  }),
  fc.tuple(position, fc.integer({ min: -1e6, max: 0 })).map(([index, seq]): Mutation => (rows) => {
    rows.push({ ...at(rows, index), seq });
    return seq;
  }),
  fc.constant<Mutation>((rows) => {
    const last = at(rows, COUNT - 1);
    rows.push(sealed({ ...last, seq: COUNT + 1, prevHash: last.hash, event: eventOf('appended') }));
    return COUNT + 1;
  }),
  // A row is put in with a fitting hash, and everything behind it is renumbered.
  fc.integer({ min: 0, max: COUNT - 2 }).map((index): Mutation => (rows) => {
    const before = at(rows, index);
    const inserted = sealed({
      ...before,
      seq: before.seq + 1,
      prevHash: before.hash,
      event: eventOf('inserted'),
    });
    for (let later = index + 1; later < rows.length; later += 1) {
      rows[later] = { ...at(rows, later), seq: at(rows, later).seq + 1 };
    }
    rows.splice(index + 1, 0, inserted);
    return Math.min(index + 3, COUNT);
  }),
  fc.tuple(position, position).map(([one, two]): Mutation => (rows) => {
    const [low, high] = one < two ? [one, two] : one > two ? [two, one] : one > 0 ? [0, one] : [0, 1];
    const [a, b] = [at(rows, low), at(rows, high)];
    rows[low] = { ...b, seq: a.seq };
    rows[high] = { ...a, seq: b.seq };
    return low + 1;
  }),
);

describe('verification', () => {
  test('an attacker who changes, removes, inserts or swaps any single row is found 1,000 times of 1,000, at that row', async () => {
    const { store, log } = await filledLog(COUNT);
    const untouched = [...store.rows];
    expect(await log.verify()).toMatchObject({ outcome: 'intact', rows: COUNT });
    await fc.assert(
      fc.asyncProperty(mutation, async (mutate) => {
        store.rows.splice(0, store.rows.length, ...untouched);
        const seq = mutate(store.rows);
        const found = await log.verify();
        expect(found).toMatchObject({ seq });
        expect(found.outcome).not.toBe('intact');
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  test('an attacker who hides a second row at the edge of a page is found, wherever that edge is', async () => {
    const { store, log } = await filledLog(2_100);
    const untouched = [...store.rows];
    for (const seq of [998, 999, 1000, 1001, 1002, 1998, 1999, 2000, 2001]) {
      for (const place of ['before', 'behind']) {
        store.rows.splice(0, store.rows.length, ...untouched);
        const copy = at(untouched, seq - 1);
        store.rows.splice(place === 'before' ? seq - 1 : seq, 0, { ...copy, event: eventOf('forged') });
        expect(await log.verify()).toMatchObject({ outcome: 'altered', seq });
        store.rows.splice(0, store.rows.length, ...untouched);
        store.rows.splice(seq, 0, copy);
        expect(await log.verify()).toMatchObject({ outcome: 'altered', seq });
      }
    }
  }, 60_000);

  test('a part of the log is verified from any row on', async () => {
    const { store, log } = await filledLog(2_500);
    expect(await log.verify({ from: 2_401 })).toMatchObject({ outcome: 'intact', rows: 100 });
    expect(await log.verify({ from: 2_501 })).toMatchObject({ outcome: 'intact', rows: 0 });
    expect(await log.verify({ from: 2_502 })).toMatchObject({ outcome: 'truncated', seq: 2_500 });
    store.rows[2_399] = { ...at(store.rows, 2_399), event: eventOf('forged') };
    expect(await log.verify({ from: 2_401 })).toMatchObject({ outcome: 'altered', seq: 2_400 });
    expect(await log.verify({ from: 2_402 })).toMatchObject({ outcome: 'intact', rows: 99 });
  });

  test('an attacker who cuts off the end is found by the head, and with the head by a checkpoint', async () => {
    const { store, log } = await filledLog(20);
    const checkpoint = await log.checkpoint();
    store.rows.splice(15);
    expect(await log.verify()).toMatchObject({ outcome: 'truncated', seq: 15 });
    const { seq, hash } = at(store.rows, 14);
    store.head = () => Promise.resolve({ seq, hash });
    expect(await log.verify()).toMatchObject({ outcome: 'intact' });
    expect(await log.verify({ checkpoint })).toMatchObject({ outcome: 'truncated', seq: 15 });
    expect(await log.verify({ checkpoint, from: 21 })).toMatchObject({ outcome: 'truncated', seq: 15 });
  });

  test('an attacker who rewrites the whole chain, head included, is found by a checkpoint only', async () => {
    const { log } = await filledLog(5);
    const checkpoint = await log.checkpoint();
    const forged = await filledLog(9, 'other history');
    expect(await forged.log.verify()).toMatchObject({ outcome: 'intact' });
    expect(await forged.log.verify({ checkpoint })).toMatchObject({ outcome: 'rewritten', seq: 5 });
    expect(await forged.log.verify({ checkpoint, from: 6 })).toMatchObject({ outcome: 'rewritten', seq: 5 });
  });

  test('an attacker who turns back the head is found', async () => {
    const { store, log } = await filledLog(5);
    const { seq, hash } = at(store.rows, 2);
    store.head = () => Promise.resolve({ seq, hash });
    expect(await log.verify()).toMatchObject({ outcome: 'altered', seq: 4 });
    store.head = () => Promise.resolve({ seq: 5, hash });
    expect(await log.verify()).toMatchObject({ outcome: 'altered', seq: 5 });
  });

  test('rows that are appended during a verification raise no alarm', async () => {
    const { store, log } = await filledLog(1_500);
    const read = store.read.bind(store);
    let reads = 0;
    store.read = async (from, limit) => {
      if (reads < 3) await log.appendBatch([eventOf('late')]);
      reads += 1;
      return read(from, limit);
    };
    const head = store.head.bind(store);
    store.head = async () => {
      const before = await head();
      await log.appendBatch([eventOf('later')]);
      return before;
    };
    expect(await log.verify()).toMatchObject({ outcome: 'intact' });
    expect(reads).toBeGreaterThan(1);
  });

  test('an empty log is intact, and truncated when a checkpoint says that it was not empty', async () => {
    const { log } = await filledLog(0);
    const empty = await log.checkpoint();
    expect(await log.verify({ checkpoint: empty })).toMatchObject({ outcome: 'intact', rows: 0 });
    const { log: other } = await filledLog(3);
    expect(await log.verify({ checkpoint: await other.checkpoint() })).toMatchObject({
      outcome: 'truncated',
      seq: 0,
    });
    expect(await other.verify({ checkpoint: empty })).toMatchObject({ outcome: 'intact', rows: 3 });
  });

  test('a store that cannot be read is an error, not a finding', async () => {
    const { store, log } = await filledLog(3);
    store.read = () => Promise.reject(new Error('gone'));
    await expect(log.verify()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  test.each([
    ['from', { from: 0 }],
    ['from', { from: 1.5 }],
    ['checkpoint', { checkpoint: { seq: 1, hash: 'short' } }],
    ['checkpoint', { checkpoint: { seq: -1, hash: '0'.repeat(64) } }],
    ['checkpoint', { checkpoint: { seq: 1, hash: '0'.repeat(64) }, from: 3 }],
  ])('a bad %s is refused by name', async (name, options) => {
    const { log } = await filledLog(3);
    await expect(log.verify(options)).rejects.toThrow(new RegExp(`^${name}:`));
  });
});
