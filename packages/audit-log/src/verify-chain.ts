import { AuditLogError } from './audit-log-error.js';
import type { AuditRow, AuditStore, ChainHead } from './audit-store.js';
import { GENESIS_HASH, rowHash } from './chain-hash.js';

/** What a verification found. */
export type Verification =
  | { readonly outcome: 'intact'; readonly rows: number; readonly head: ChainHead }
  | {
      /**
       * `altered`: rows were changed, removed, added or swapped. `truncated`: the end is missing. `rewritten`: the chain
       * holds together, but at the checkpoint stands another row.
       */
      readonly outcome: 'altered' | 'truncated' | 'rewritten';
      /** The first row that does not fit; for `truncated` the last that is left. */
      readonly seq: number;
      /** One sentence for a person. */
      readonly reason: string;
    };

/** What to verify against. */
export interface VerifyOptions {
  /** First row to look at; 1 by default. What lies before the row before it is not looked at. */
  readonly from?: number;
  /** A head that was kept elsewhere, not older than `from - 1`: a chain alone cannot show that its end was cut off. */
  readonly checkpoint?: ChainHead;
}

type Finding = Exclude<Verification, { outcome: 'intact' }>;

const PAGE = 1000;

/** Reads the log from `from` to its end and gives the first place where it does not hold together. */
export async function verifyChain(
  store: Pick<AuditStore<never>, 'head' | 'read'>,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { from, checkpoint } = checked(options);
  try {
    return await walk(store, from, checkpoint);
  } catch (error) {
    throw new AuditLogError('STORE_FAILED', 'The audit store could not be read.', { cause: error });
  }
}

async function walk(
  store: Pick<AuditStore<never>, 'head' | 'read'>,
  from: number,
  checkpoint: ChainHead | undefined,
): Promise<Verification> {
  // Read first: what is appended during the verification then lies behind it and raises no false alarm.
  const before = await store.head();
  if (from - 1 > before.seq) return endsAt(before.seq, from - 1);
  const named = [before, ...(checkpoint ? [checkpoint] : [])];
  const judge = (row: AuditRow): Finding | undefined => {
    if (hashOf(row) !== row.hash) return altered(row.seq, `Row ${row.seq} was changed after it was written.`);
    const other = named.find(({ seq, hash }) => seq === row.seq && hash !== row.hash);
    if (other === undefined) return undefined;
    return other === before
      ? altered(row.seq, `Row ${row.seq} is not the one that the head names.`)
      : rewritten(row.seq);
  };

  let last: ChainHead = { seq: 0, hash: GENESIS_HASH };
  if (from > 1) {
    const [anchor] = await store.read(from - 1, 1);
    if (anchor?.seq !== from - 1) return altered(from - 1, `Row ${from - 1} is missing.`);
    const finding = judge(anchor);
    if (finding) return finding;
    last = anchor;
  } else if (checkpoint?.seq === 0 && checkpoint.hash !== GENESIS_HASH) {
    return rewritten(0);
  }

  let rows = 0;
  for (;;) {
    // The last row is read again, so that a second row with its number cannot hide at the edge of a page; and the first
    // page begins below 1, so that no row can hide there.
    const page = await store.read(last.seq > 0 ? last.seq : Number.MIN_SAFE_INTEGER, PAGE);
    const [again] = page;
    if (last.seq > 0 && (again?.seq !== last.seq || again.hash !== last.hash)) {
      return altered(
        last.seq,
        `Row ${last.seq} was changed or removed during the verification, or is there twice.`,
      );
    }
    for (const row of last.seq > 0 ? page.slice(1) : page) {
      const expected: number = last.seq + 1;
      if (row.seq !== expected) {
        return row.seq < expected
          ? altered(row.seq, `Row ${row.seq} is there twice or has no place in the log.`)
          : altered(expected, `Row ${expected} is missing.`);
      }
      if (row.prevHash !== last.hash) {
        return altered(row.seq, `Row ${row.seq} does not continue the row before it.`);
      }
      const finding = judge(row);
      if (finding) return finding;
      last = row;
      rows += 1;
    }
    if (page.length < PAGE) break;
  }

  if (last.seq < before.seq) return endsAt(last.seq, before.seq);
  if (checkpoint && last.seq < checkpoint.seq) return endsAt(last.seq, checkpoint.seq);
  const after = await store.head();
  if (last.seq > after.seq) {
    return altered(after.seq + 1, `Row ${after.seq + 1} lies behind the head of the log.`);
  }
  if (last.seq === after.seq && last.hash !== after.hash) {
    return altered(last.seq, `Row ${last.seq} is not the one that the head names.`);
  }
  return { outcome: 'intact', rows, head: { seq: last.seq, hash: last.hash } };
}

/** Gives the hash that the row should have; none when it holds what no row can hold. */
function hashOf(row: AuditRow): string | undefined {
  try {
    return rowHash(row);
  } catch {
    return undefined;
  }
}

function altered(seq: number, reason: string): Finding {
  return { outcome: 'altered', seq, reason };
}

function rewritten(seq: number): Finding {
  return { outcome: 'rewritten', seq, reason: `Row ${seq} is not the one that the checkpoint names.` };
}

function endsAt(seq: number, promised: number): Finding {
  return { outcome: 'truncated', seq, reason: `The log ends at row ${seq}, but row ${promised} existed.` };
}

function checked({ from = 1, checkpoint }: VerifyOptions): {
  from: number;
  checkpoint: ChainHead | undefined;
} {
  if (!Number.isSafeInteger(from) || from < 1) throw new TypeError('from: expected a whole number from 1 on');
  if (checkpoint === undefined) return { from, checkpoint };
  if (
    !Number.isSafeInteger(checkpoint.seq) ||
    checkpoint.seq < 0 ||
    !/^[0-9a-f]{64}$/.test(checkpoint.hash)
  ) {
    throw new TypeError('checkpoint: expected { seq, hash } as checkpoint() gave it');
  }
  if (checkpoint.seq < from - 1) {
    throw new TypeError(
      'checkpoint: it lies before the rows that from selects, so it would not be looked at',
    );
  }
  return { from, checkpoint };
}
