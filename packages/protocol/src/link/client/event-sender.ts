import type { EventBatch } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';
import type { Outbox } from './outbox.js';

/** How a sender reaches the wire. */
export interface EventSenderPorts {
  /** Sends a batch; false when there is no open link. */
  readonly send: (batch: EventBatch) => boolean;
  /** Everything up to `ack` is stored. */
  readonly onAck: (ack: number) => void;
  /** The control plane has not answered for too long, or asks for what is gone: connect again. */
  readonly onStalled: (why: string) => void;
}

/**
 * Sends the outbox in order over whatever connection there is: not more unacknowledged events than the credit, sent
 * again from the acknowledged number after a reconnect.
 */
export class EventSender {
  readonly #outbox: Outbox;
  readonly #ports: EventSenderPorts;
  readonly #stallMs: number;
  readonly #pauseMs: number;
  #open = false;
  #credit = 1;
  #sent = 0;
  #ack = 0;
  #pauseTimer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;

  /** `stallMs` is how long an acknowledgement may take; `pauseMs` the least time between two batches. */
  constructor(
    outbox: Outbox,
    ports: EventSenderPorts,
    timing: { readonly stallMs: number; readonly pauseMs: number },
  ) {
    this.#outbox = outbox;
    this.#ports = ports;
    this.#stallMs = timing.stallMs;
    this.#pauseMs = timing.pauseMs;
  }

  /** Highest number that the control plane has stored. */
  get ack(): number {
    return this.#ack;
  }

  /** The link is open: everything behind `ack` is sent (again). */
  open(ack: number, credit: number): void {
    this.#open = true;
    this.#credit = credit;
    this.#ack = ack;
    this.#sent = ack;
    this.#ports.onAck(ack);
    this.#pump();
  }

  /** The link is gone. */
  close(): void {
    this.#open = false;
    clearTimeout(this.#pauseTimer);
    clearTimeout(this.#stallTimer);
    this.#pauseTimer = this.#stallTimer = undefined;
  }

  /** There is something new to send. */
  wake(): void {
    this.#pump();
  }

  async acknowledge(seq: number): Promise<void> {
    // An acknowledgement of what was never sent would delete events that nobody has.
    if (!this.#open || seq <= this.#ack || seq > this.#sent) return;
    this.#ack = seq;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.#ports.onAck(seq);
    this.#pump();
    await this.#outbox.trim(seq);
  }

  rewind(expected: number): void {
    if (!this.#open) return;
    if (expected < this.#outbox.lowSeq || expected > this.#sent + 1) {
      this.#ports.onStalled(`the control plane expects event ${expected}`);
      return;
    }
    this.#sent = expected - 1;
    // Not at once: a control plane that refuses every batch must not be flooded.
    this.#pauseTimer ??= setTimeout(() => this.#resume(), Math.max(this.#pauseMs, 100));
  }

  #resume(): void {
    this.#pauseTimer = undefined;
    this.#pump();
  }

  #pump(): void {
    if (!this.#open || this.#pauseTimer !== undefined) return;
    const room = this.#credit - (this.#sent - this.#ack);
    if (room <= 0) return;
    const items = this.#outbox.itemsFrom(this.#sent + 1, {
      maxItems: Math.min(room, LINK_LIMITS.batchItems),
      maxBytes: LINK_LIMITS.batchBytes,
    });
    const last = items.at(-1);
    if (!last || !this.#ports.send({ items })) return;
    this.#sent = last.seq;
    this.#stallTimer ??= setTimeout(
      () => this.#ports.onStalled('events were not acknowledged in time'),
      this.#stallMs,
    );
    this.#pauseTimer = setTimeout(() => this.#resume(), this.#pauseMs);
  }
}
