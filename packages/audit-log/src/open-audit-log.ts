import { canonicalJson } from '@clawforce/policy-core';
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
  /**
   * Appends one event in the caller's transaction and gives the row as it is stored. When it throws (AuditLogError
   * EVENT_INVALID, or the store's own error), the caller's change must not happen.
   */
  append(tx: Tx, event: AuditEvent): Promise<AuditRow>;
  /** Appends events in one transaction of the log's own: all or, with an AuditLogError, none. */
  appendBatch(events: readonly AuditEvent[]): Promise<readonly AuditRow[]>;
  /** Reads the chain and gives the first place where it does not hold together. */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** The present head, to be kept elsewhere and given to `verify`. */
  checkpoint(): Promise<Checkpoint>;
  /** Gives rows as lines of canonical JSON (RFC 8785), oldest first. @throws TypeError for a bad option */
  export(options?: ExportOptions): AsyncIterable<string>;
}

const BATCH = 500;

/** Opens the log over a store. @throws TypeError that names the part of the store that is missing */
export function openAuditLog<Tx>(store: AuditStore<Tx>): AuditLog<Tx> {
  checkStore(store);

  const write = async (tx: Tx, events: readonly AuditEvent[]): Promise<readonly AuditRow[]> => {
    const cleaned = events.map(cleanEvent);
    let { seq, hash } = await store.lockHead(tx);
    const rows = cleaned.map((event) => {
      const body = { seq: seq + 1, time: new Date(event.timestamp).toISOString(), event, prevHash: hash };
      const row: AuditRow = { ...body, hash: rowHash(body) };
      ({ seq, hash } = row);
      return row;
    });
    await store.append(tx, rows);
    return rows;
  };

  return {
    append: async (tx, event) => {
      const [row] = await write(tx, [event]);
      if (!row) throw new AuditLogError('STORE_FAILED', 'The audit store did not take the event.');
      return row;
    },
    async appendBatch(events) {
      if (events.length === 0) return [];
      try {
        // Errors stay as they are inside of the transaction, so that the store can tell what is worth another try.
        return await store.transaction((tx) => write(tx, events));
      } catch (error) {
        if (error instanceof AuditLogError) throw error;
        throw new AuditLogError('STORE_FAILED', 'The audit store did not take the events.', { cause: error });
      }
    },
    verify: (options) => verifyChain(store, options),
    checkpoint: async () => {
      const { seq, hash } = await store.head();
      return { seq, hash, time: new Date().toISOString() };
    },
    export: (options = {}) => exportLines(store, options),
  };
}

function exportLines<Tx>(
  store: AuditStore<Tx>,
  { since = 0, format = 'jsonl' }: ExportOptions,
): AsyncIterable<string> {
  if (!Number.isSafeInteger(since) || since < 0)
    throw new TypeError('since: expected the number of a row, or 0');
  if ((format as string) !== 'jsonl') throw new TypeError("format: expected 'jsonl'");
  return (async function* lines() {
    for (let from = since + 1; ;) {
      const rows = await store.read(from, BATCH);
      for (const row of rows) yield `${canonicalJson(row)}\n`;
      if (rows.length < BATCH) return;
      from = (rows.at(-1)?.seq ?? from) + 1;
    }
  })();
}

function checkStore(store: unknown): void {
  const parts = (store ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of [
    'transaction',
    'lockHead',
    'append',
    'head',
    'read',
  ] satisfies (keyof AuditStore<unknown>)[]) {
    if (typeof parts[name] !== 'function') throw new TypeError(`store: it has no function ${name}`);
  }
}
