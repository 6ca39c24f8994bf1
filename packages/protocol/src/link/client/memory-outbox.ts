import { OutboxQueue } from './outbox-queue.js';
import type { Outbox } from './outbox.js';

/**
 * Gives an outbox that survives reconnects but not the process: for tests and for workers without a place to write.
 * `maxBytes` bounds what may wait (16 MiB by default).
 */
export function createMemoryOutbox(options: { readonly maxBytes?: number } = {}): Outbox {
  const queue = new OutboxQueue(options.maxBytes ?? 16 * 1024 * 1024);
  return {
    get nextSeq() {
      return queue.nextSeq;
    },
    get lowSeq() {
      return queue.lowSeq;
    },
    resumeAfter: (ack) => Promise.resolve(queue.resumeAfter(ack)),
    // eslint-disable-next-line @typescript-eslint/require-await -- an invalid event rejects, as in every outbox
    append: async (entries) => {
      queue.keep(queue.number(entries, new Date().toISOString()));
      return queue.nextSeq - 1;
    },
    itemsFrom: (seq, limits) => queue.itemsFrom(seq, limits),
    trim: (ack) => {
      queue.trim(ack);
      return Promise.resolve();
    },
  };
}
