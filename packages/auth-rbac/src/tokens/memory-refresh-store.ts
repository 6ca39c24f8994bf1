import type { RefreshFamily, RefreshRecord, RefreshStore } from './refresh-store.js';

/** A {@link RefreshStore} in memory, for tests and examples: forgets everything when the process ends. */
export class MemoryRefreshStore implements RefreshStore {
  readonly #records = new Map<string, RefreshRecord>();
  readonly #families = new Map<string, RefreshFamily>();

  insert(record: RefreshRecord, family: RefreshFamily): Promise<void> {
    this.#records.set(record.lookup, record);
    if (!this.#families.has(family.sessionId)) this.#families.set(family.sessionId, family);
    return Promise.resolve();
  }

  find(lookup: string): Promise<{ record: RefreshRecord; family: RefreshFamily } | undefined> {
    const record = this.#records.get(lookup);
    const family = record && this.#families.get(record.sessionId);
    return Promise.resolve(record && family ? { record, family } : undefined);
  }

  rotate(lookup: string, usedAt: Date, successor: RefreshRecord): Promise<boolean> {
    const record = this.#records.get(lookup);
    const family = record && this.#families.get(record.sessionId);
    if (!record || !family || record.usedAt !== null || family.revokedAt !== null)
      return Promise.resolve(false);
    this.#records.set(lookup, { ...record, usedAt, successor: successor.lookup });
    this.#records.set(successor.lookup, successor);
    return Promise.resolve(true);
  }

  revokeFamily(sessionId: string, _reason: 'reuse' | 'logout', at: Date): Promise<void> {
    const family = this.#families.get(sessionId);
    if (family?.revokedAt === null) this.#families.set(sessionId, { ...family, revokedAt: at });
    return Promise.resolve();
  }

  /** Every record, for tests that look for secrets and count successors. */
  get records(): readonly RefreshRecord[] {
    return [...this.#records.values()];
  }
}
