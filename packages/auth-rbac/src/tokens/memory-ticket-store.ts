import type { TicketRecord, TicketStore } from './ticket-store.js';

/** A {@link TicketStore} in memory, for tests and single processes; tickets live for seconds. */
export class MemoryTicketStore implements TicketStore {
  readonly #records = new Map<string, TicketRecord>();

  insert(record: TicketRecord): Promise<void> {
    // Tickets live for seconds: those that ended ten minutes before this one are dropped, so that none pile up.
    const horizon = record.expiresAt.getTime() - 10 * 60 * 1000;
    for (const [lookup, old] of this.#records) {
      if (old.expiresAt.getTime() >= horizon) break;
      this.#records.delete(lookup);
    }
    this.#records.set(record.lookup, record);
    return Promise.resolve();
  }

  find(lookup: string): Promise<TicketRecord | undefined> {
    return Promise.resolve(this.#records.get(lookup));
  }

  consume(lookup: string, at: Date): Promise<boolean> {
    const record = this.#records.get(lookup);
    if (record?.usedAt !== null) return Promise.resolve(false);
    this.#records.set(lookup, { ...record, usedAt: at });
    return Promise.resolve(true);
  }
}
