import type { AuditRow, AuditStore, ChainHead } from './audit-store.js';
import { GENESIS_HASH } from './chain-hash.js';

/** A store in memory, for tests and examples; `rows` is what it holds. */
export interface MemoryAuditStore extends AuditStore<undefined> {
  readonly rows: AuditRow[];
}

/** Gives an empty {@link MemoryAuditStore}. */
export function memoryAuditStore(): MemoryAuditStore {
  const rows: AuditRow[] = [];
  let current: ChainHead = { seq: 0, hash: GENESIS_HASH };
  let tail: Promise<unknown> = Promise.resolve();
  return {
    rows,
    transaction(work) {
      const result = tail.then(() => work(undefined));
      tail = result.catch(() => undefined);
      return result;
    },
    lockHead: () => Promise.resolve(current),
    append(_tx, added) {
      rows.push(...added);
      const last = added.at(-1);
      if (last) current = { seq: last.seq, hash: last.hash };
      return Promise.resolve();
    },
    head: () => Promise.resolve(current),
    read: (from, limit) =>
      Promise.resolve(
        rows
          .filter(({ seq }) => seq >= from)
          .sort((left, right) => left.seq - right.seq)
          .slice(0, limit),
      ),
  };
}
