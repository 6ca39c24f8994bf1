import type { AuditEvent } from './audit-event.js';

/** The end of the chain: number and hash of the newest row; `seq` 0 and `GENESIS_HASH` before the first. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** One row of the log. `hash` covers every other field. */
export interface AuditRow {
  readonly seq: number;
  /** ISO 8601 in UTC with milliseconds, of the event. */
  readonly time: string;
  readonly event: AuditEvent;
  /** Hash of the row before. */
  readonly prevHash: string;
  /** Hex SHA-256. */
  readonly hash: string;
}

/**
 * Where the rows are kept. `Tx` is the caller's transaction, so that a change and its record commit together. The log
 * passes the store's own errors on from `append(tx, …)`, so that the owner of the transaction can retry what is busy.
 */
export interface AuditStore<Tx> {
  /** Runs `work` in a transaction of its own, undoes it when `work` fails, and may run it again when it was busy. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Gives the end of the chain and holds it until the transaction ends, so that two writers cannot both continue it. On
   * a database whose transactions begin without a lock (SQLite through libsql), its first statement must be a write to a
   * chain-head row.
   */
  lockHead(tx: Tx): Promise<ChainHead>;
  /** Adds consecutive rows and moves the head to the last; refuses rows that do not continue the stored head. */
  append(tx: Tx, rows: readonly AuditRow[]): Promise<void>;
  /** The end of the chain, without a lock. */
  head(): Promise<ChainHead>;
  /**
   * Rows with a number of at least `from` (which may be negative), ordered by number; at most `limit`. A row whose event
   * is no JSON any more is given without event, so that `verify` can name it.
   */
  read(from: number, limit: number): Promise<readonly AuditRow[]>;
}
