import type { AuditEvent } from './audit-event.js';
import { AuditLogError } from './audit-log-error.js';
import type { AuditRow, AuditStore, ChainHead } from './audit-store.js';
import { rowHash } from './chain-hash.js';
import { cleanEvent } from './clean-event.js';
import { verifyChain, type Verification, type VerifyOptions } from './verify-chain.js';

/** A head to keep outside of the database. */
export interface Checkpoint extends ChainHead {
  /** ISO 8601, when it was taken. */
  readonly time: string;
}

/** Which rows to export. */
export interface ExportOptions {
  /** Rows behind this number; 0 by default. */
  readonly since?: number;
  readonly format?: 'jsonl';
}

/** An append-only log in which every row carries the hash of the row before it. */
export interface AuditLog<Tx> {
  /** Appends one event in the caller's transaction. @throws AuditLogError; the caller's change must then not happen */
  append(tx: Tx, event: AuditEvent): Promise<AuditRow>;
  /** Appends events in one transaction of the log's own. @throws AuditLogError */
  appendBatch(events: readonly AuditEvent[]): Promise<readonly AuditRow[]>;
  /** Reads the chain and gives the first place where it does not hold together. */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** The present head, to be kept elsewhere and given to `verify`. */
  checkpoint(): Promise<Checkpoint>;
  /** Gives rows as JSON lines, oldest first. */
  export(options?: ExportOptions): AsyncIterable<string>;
}

const BATCH = 500;

/** Opens the log over a store. */
export function openAuditLog<Tx>(store: AuditStore<Tx>): AuditLog<Tx> {
  const write = async (tx: Tx, events: readonly AuditEvent[]): Promise<AuditRow[]> => {
    const cleaned = events.map(cleanEvent);
    try {
      let { seq, hash } = await store.lockHead(tx);
      const rows = cleaned.map((event) => {
        const body = { seq: seq + 1, time: new Date(event.timestamp).toISOString(), event, prevHash: hash };
        const row: AuditRow = { ...body, hash: rowHash(body) };
        ({ seq, hash } = row);
        return row;
      });
      await store.append(tx, rows);
      return rows;
    } catch (error) {
      throw new AuditLogError('STORE_FAILED', 'The audit store did not take the event.', { cause: error });
    }
  };

  return {
    append: async (tx, event) => {
      const [row] = await write(tx, [event]);
      if (!row) throw new AuditLogError('STORE_FAILED', 'The audit store did not take the event.');
      return row;
    },
    appendBatch: (events) =>
      events.length === 0 ? Promise.resolve([]) : store.transaction((tx) => write(tx, events)),
    verify: (options) => verifyChain(store, options),
    checkpoint: async () => ({ ...(await store.head()), time: new Date().toISOString() }),
    async *export({ since = 0 } = {}) {
      for (let from = since + 1; ;) {
        const rows = await store.read(from, BATCH);
        for (const row of rows) yield `${JSON.stringify(row)}\n`;
        if (rows.length < BATCH) return;
        from = (rows.at(-1)?.seq ?? from) + 1;
      }
    },
  };
}
