import type { AuditRow, AuditStore, ChainHead } from '@clawforce/audit-log';
import type { Storage, Stores } from '../storage.js';

/** The rows of the audit chain over the database or one transaction. `openAuditLog` is what writes them. */
export interface AuditChain {
  /** Gives the end of the chain and holds it until the transaction ends. */
  lockHead(): Promise<ChainHead>;
  /** Adds consecutive rows and moves the head. Throws `CONFLICT` when they do not continue the stored chain. */
  append(rows: readonly AuditRow[]): Promise<void>;
  head(): Promise<ChainHead>;
  /** Rows with a number of at least `from`, in order. */
  read(from: number, limit: number): Promise<readonly AuditRow[]>;
}

/**
 * Gives the store for `openAuditLog`: `log.append(tx, event)` takes the stores of `storage.transaction`, so that a change
 * and its record commit together.
 */
export function auditStoreOf(storage: Storage): AuditStore<Stores> {
  return {
    transaction: (work) => storage.transaction(work),
    lockHead: (tx) => tx.audit.lockHead(),
    append: (tx, rows) => tx.audit.append(rows),
    head: () => storage.audit.head(),
    read: (from, limit) => storage.audit.read(from, limit),
  };
}
