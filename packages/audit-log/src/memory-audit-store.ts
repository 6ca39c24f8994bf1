import type { AuditRow, AuditStore, ChainHead } from './audit-store.js';
import { GENESIS_HASH } from './chain-hash.js';

/** A store in memory, for tests and examples; `rows` is what it holds. */
export interface MemoryAuditStore extends AuditStore<undefined> {
  readonly rows: AuditRow[];
}

/** Gives an empty {@link MemoryAuditStore}. Its transactions run one after the other and are undone when they fail. */
export function memoryAuditStore(): MemoryAuditStore {
  const rows: AuditRow[] = [];
  let current: ChainHead = { seq: 0, hash: GENESIS_HASH };
  let tail: Promise<unknown> = Promise.resolve();
  return {
    rows,
    transaction(work) {
      const result = tail.then(async () => {
        const before = { head: current, length: rows.length };
        try {
          return await work(undefined);
        } catch (error) {
          current = before.head;
          rows.length = before.length;
          throw error;
        }
      });
      tail = result.catch(() => undefined);
      return result;
    },
    lockHead: () => Promise.resolve(current),
    append(_tx, added) {
      const [first, last] = [added[0], added.at(-1)];
      if (!first || !last) return Promise.resolve();
      if (first.seq !== current.seq + 1 || first.prevHash !== current.hash) {
        return Promise.reject(new Error('the rows do not continue the chain'));
      }
      rows.push(...added);
      current = { seq: last.seq, hash: last.hash };
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
