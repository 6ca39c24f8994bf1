import type { OutboxItem } from '../frames.js';

/** A durable event before it has a number. */
export type OutboxEntry = OutboxItem extends infer Item
  ? Item extends OutboxItem
    ? Omit<Item, 'seq' | 'time'>
    : never
  : never;

/**
 * Keeps a worker's durable events until the control plane has stored them. Numbers start at 1, have no gaps, and are
 * never used twice.
 */
export interface Outbox {
  /** Number that the next event will get. */
  readonly nextSeq: number;
  /** Lowest number that can still be sent; `nextSeq` when nothing is kept. */
  readonly lowSeq: number;
  /**
   * Continues after `ack`, the last number the control plane has stored: drops what is stored, and numbers kept events
   * anew when the control plane's store is older than what was dropped here before. Called at every welcome, before
   * anything is appended or sent. Resolves when that is on disk; tells whether numbers changed.
   */
  resumeAfter(ack: number): Promise<{ readonly renumbered: boolean }>;
  /** Appends events; resolves with the number of the last one when they are on disk. @throws OutboxError */
  append(entries: readonly OutboxEntry[]): Promise<number>;
  /** Gives kept events from `seq` on, within the limits; always at least one when there is one. */
  itemsFrom(
    seq: number,
    limits: { readonly maxItems: number; readonly maxBytes: number },
  ): readonly OutboxItem[];
  /** Forgets everything up to `ack`. */
  trim(ack: number): Promise<void>;
}

/** An outbox could not take events. */
export class OutboxError extends Error {
  override readonly name = 'OutboxError';
  /** `OUTBOX_FULL`: too much is waiting for the control plane; `OUTBOX_IO`: the disk refused; `EVENT_INVALID`: the event breaks the contract. */
  readonly code: 'OUTBOX_FULL' | 'OUTBOX_IO' | 'EVENT_INVALID';

  constructor(code: OutboxError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
