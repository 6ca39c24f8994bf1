import type { Delta } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';

/**
 * Puts the text of running turns together, so that a fast model does not make a frame of every token. What cannot be
 * sent is dropped: the whole text follows as a durable event.
 */
export class DeltaBuffer {
  readonly #send: (delta: Delta) => boolean;
  readonly #intervalMs: number;
  readonly #pending = new Map<string, Delta>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (delta: Delta) => boolean, intervalMs: number) {
    this.#send = send;
    this.#intervalMs = intervalMs;
  }

  add(delta: Delta): void {
    const key = JSON.stringify([delta.session_key, delta.turn_id]);
    const text = (this.#pending.get(key)?.text ?? '') + delta.text;
    this.#pending.set(key, { ...delta, text: text.slice(0, LINK_LIMITS.deltaChars) });
    this.#timer ??= setTimeout(() => this.flush(), this.#intervalMs);
  }

  /** Sends what is buffered now; called before durable events, which must not overtake it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const delta of this.#pending.values()) if (!this.#send(delta)) break;
    this.#pending.clear();
  }
}
