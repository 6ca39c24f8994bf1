import type { Command, CommandResult, Delta, LinkRequest, LinkResponse, Welcome } from '../frames.js';
import type { LinkEnd } from './link-end.js';
import type { Outbox, OutboxEntry } from './outbox.js';

/** Who is on the worker's end of a link. */
export interface LinkHandlers {
  /**
   * A session is open: `first` is true for the first one of this process. Nothing is sent and no command runs before it
   * resolves; a rejection ends the link.
   */
  readonly onWelcome: (welcome: Welcome, first: boolean) => Promise<void> | void;
  /**
   * Runs a command, once for each id. @throws CommandError with the code that its giver gets; anything else becomes INTERNAL.
   */
  readonly onCommand: (command: Command) => Promise<CommandResult>;
  /** The link opened, broke, or something odd came through it. For the log. */
  readonly onNotice?: (notice: LinkNotice) => void;
}

/** Something that happened to a link. */
export interface LinkNotice {
  readonly kind: 'open' | 'lost' | 'refused' | 'unknown_frame' | 'invalid_frame' | 'renumbered' | 'stalled';
  readonly message: string;
}

/** What `connectLink` takes beside the connection. */
export interface LinkOptions {
  readonly handlers: LinkHandlers;
  readonly outbox: Outbox;
  readonly software: { readonly name: string; readonly version: string };
  /** What the worker says about itself; advisory. */
  readonly capabilities?: readonly string[];
  /** Times in milliseconds; the defaults are for real use. */
  readonly timing?: Partial<LinkTiming>;
}

/** Times of a link in milliseconds. */
export interface LinkTiming {
  /** For a connection and the answer to the hello. */
  readonly helloMs: number;
  /** First and highest bound of the wait before a reconnect. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Without a link before the first welcome; later the welcome says how long. */
  readonly orphanMs: number;
  /** For the acknowledgement of a batch. */
  readonly stallMs: number;
  /** Between two frames of running text. */
  readonly deltaMs: number;
  /** Between two batches of events. */
  readonly batchMs: number;
}

/** A worker's connection to its control plane, across reconnects. */
export interface Link {
  /** Resolves once, when the link ended for good. */
  readonly ended: Promise<LinkEnd>;
  /** Whether a session is open right now. */
  readonly connected: boolean;
  /** Proof of the present session, for the broker; `undefined` before the first welcome. */
  readonly secret: string | undefined;
  /** Puts events into the outbox; resolves with the last number when they are on disk. @throws OutboxError */
  append(entries: readonly OutboxEntry[]): Promise<number>;
  /** Resolves when the control plane has stored everything up to `seq`; false when that takes longer than `timeoutMs`. */
  stored(seq: number, timeoutMs: number): Promise<boolean>;
  /** Sends text of a running turn, or drops it when there is no link. */
  delta(delta: Delta): void;
  /** Asks the control plane, waiting for a link if need be. Answers `{ ok: false, code: 'LINK_TIMEOUT' }` in the end. */
  request(
    request: LinkRequest,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<LinkResponse>;
  /** Sends what is left, for at most `flushMs`, says goodbye and ends the link. */
  close(reason: string, options?: { readonly flushMs?: number }): Promise<void>;
}
