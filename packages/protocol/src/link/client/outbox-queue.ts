import type { OutboxItem } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';
import { readOutboxItem } from '../validate/worker-frames.js';
import { OutboxError, type OutboxEntry } from './outbox.js';

interface Kept {
  readonly item: OutboxItem;
  readonly bytes: number;
}

/** The numbered events of an outbox in memory: what every {@link Outbox} is built on. */
export class OutboxQueue {
  readonly #maxBytes: number;
  #kept: Kept[] = [];
  #nextSeq = 1;
  #bytes = 0;

  /** `maxBytes` bounds what may wait for the control plane. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get lowSeq(): number {
    return this.#kept[0]?.item.seq ?? this.#nextSeq;
  }

  /** Everything that is kept, oldest first. */
  get items(): readonly OutboxItem[] {
    return this.#kept.map(({ item }) => item);
  }

  /** Takes events that were kept before; the first one decides where numbers start. */
  load(items: readonly OutboxItem[], nextSeq: number): void {
    this.#kept = items.map((item) => ({ item, bytes: sizeOf(item) }));
    this.#bytes = this.#kept.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#nextSeq = nextSeq;
  }

  /**
   * Gives events their numbers, from `firstSeq` on, without keeping them yet: what is not on disk must not be sent.
   *
   * @throws OutboxError OUTBOX_FULL, EVENT_INVALID
   */
  number(
    entries: readonly OutboxEntry[],
    time: string,
    firstSeq: number = this.#nextSeq,
  ): readonly OutboxItem[] {
    const items = entries.map((entry, index) => {
      const item = readOutboxItem(
        JSON.parse(JSON.stringify({ ...entry, seq: firstSeq + index, time })) as unknown,
      );
      if (!item) throw new OutboxError('EVENT_INVALID', 'The event breaks the contract of the link.');
      return item;
    });
    const sizes = items.map(sizeOf);
    if (sizes.some((bytes) => bytes > LINK_LIMITS.itemBytes)) {
      throw new OutboxError('EVENT_INVALID', `An event has at most ${LINK_LIMITS.itemBytes} bytes.`);
    }
    if (this.#bytes + sizes.reduce((sum, bytes) => sum + bytes, 0) > this.#maxBytes) {
      throw new OutboxError('OUTBOX_FULL', 'Too many events wait for the control plane.');
    }
    return items;
  }

  /** Keeps numbered events. */
  keep(items: readonly OutboxItem[]): void {
    for (const item of items) {
      const bytes = sizeOf(item);
      this.#kept.push({ item, bytes });
      this.#bytes += bytes;
      this.#nextSeq = item.seq + 1;
    }
  }

  /** Forgets everything up to `ack`; tells whether that changed something. */
  trim(ack: number): boolean {
    const drop = this.#kept.findIndex(({ item }) => item.seq > ack);
    const gone = this.#kept.splice(0, drop === -1 ? this.#kept.length : drop);
    for (const { bytes } of gone) this.#bytes -= bytes;
    return gone.length > 0;
  }

  /** Continues after `ack`; see {@link Outbox.resumeAfter}. */
  resumeAfter(ack: number): { readonly renumbered: boolean } {
    this.trim(ack);
    if (this.#nextSeq <= ack + 1 && this.#kept.length === 0) {
      this.#nextSeq = ack + 1;
      return { renumbered: false };
    }
    if (this.lowSeq === ack + 1) return { renumbered: false };
    // The control plane lost events that it had acknowledged (a restored backup). A gap would block the link for ever.
    const items = this.#kept.map(({ item }, index) => ({ ...item, seq: ack + 1 + index }));
    this.load(items, ack + 1 + items.length);
    return { renumbered: true };
  }

  /** See {@link Outbox.itemsFrom}. */
  itemsFrom(
    seq: number,
    limits: { readonly maxItems: number; readonly maxBytes: number },
  ): readonly OutboxItem[] {
    const start = seq - this.lowSeq;
    if (start < 0) return [];
    const batch: OutboxItem[] = [];
    let bytes = 0;
    for (let index = start; index < this.#kept.length && batch.length < limits.maxItems; index += 1) {
      const kept = this.#kept[index];
      if (!kept || (batch.length > 0 && bytes + kept.bytes > limits.maxBytes)) break;
      batch.push(kept.item);
      bytes += kept.bytes;
    }
    return batch;
  }
}

function sizeOf(item: OutboxItem): number {
  return Buffer.byteLength(JSON.stringify(item));
}
