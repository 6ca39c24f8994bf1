import type { AuditStore, ChainHead } from './audit-store.js';
import { GENESIS_HASH, rowHash } from './chain-hash.js';

/** What a verification found. */
export type Verification =
  | { readonly outcome: 'intact'; readonly rows: number; readonly head: ChainHead }
  /** Rows were changed, removed, added or swapped; `seq` is the first that does not fit. */
  | { readonly outcome: 'altered'; readonly seq: number; readonly reason: string }
  /** The log ends before the checkpoint, or at the checkpoint stands another row. */
  | { readonly outcome: 'truncated'; readonly seq: number; readonly reason: string };

/** What to verify against. */
export interface VerifyOptions {
  /** First row to look at; 1 by default. The row before it is trusted. */
  readonly from?: number;
  /** A head that was kept elsewhere: a chain alone cannot show that its end was cut off. */
  readonly checkpoint?: ChainHead;
}

const BATCH = 1000;

/** Reads the log from `from` to its end and gives the first place where it does not hold together. */
export async function verifyChain(
  store: AuditStore<unknown>,
  options: VerifyOptions = {},
): Promise<Verification> {
  const from = options.from ?? 1;
  const before = from > 1 ? (await store.read(from - 1, 1))[0] : undefined;
  if (from > 1 && before?.seq !== from - 1) {
    return { outcome: 'altered', seq: from - 1, reason: `Row ${from - 1} is missing.` };
  }
  let last: ChainHead = before ? { seq: before.seq, hash: before.hash } : { seq: 0, hash: GENESIS_HASH };
  let rows = 0;
  const { checkpoint } = options;
  let checkpointSeen = checkpoint === undefined || checkpoint.seq < from;

  for (;;) {
    const batch = await store.read(last.seq + 1, BATCH);
    for (const row of batch) {
      const expected = last.seq + 1;
      if (row.seq !== expected)
        return { outcome: 'altered', seq: expected, reason: `Row ${expected} is missing.` };
      if (row.prevHash !== last.hash) {
        return {
          outcome: 'altered',
          seq: row.seq,
          reason: `Row ${row.seq} does not continue the row before it.`,
        };
      }
      if (rowHash(row) !== row.hash) {
        return {
          outcome: 'altered',
          seq: row.seq,
          reason: `Row ${row.seq} was changed after it was written.`,
        };
      }
      if (checkpoint?.seq === row.seq) {
        if (checkpoint.hash !== row.hash) {
          return {
            outcome: 'truncated',
            seq: row.seq,
            reason: `Row ${row.seq} is not the one that the checkpoint names.`,
          };
        }
        checkpointSeen = true;
      }
      last = { seq: row.seq, hash: row.hash };
      rows += 1;
    }
    if (batch.length < BATCH) break;
  }
  if (!checkpointSeen && checkpoint) {
    return {
      outcome: 'truncated',
      seq: last.seq,
      reason: `The log ends at row ${last.seq}, before the checkpoint at ${checkpoint.seq}.`,
    };
  }
  const head = await store.head();
  if (head.seq !== last.seq || head.hash !== last.hash) {
    return {
      outcome: 'truncated',
      seq: last.seq,
      reason: `The log ends at row ${last.seq}, but its head says ${head.seq}.`,
    };
  }
  return { outcome: 'intact', rows, head: last };
}
