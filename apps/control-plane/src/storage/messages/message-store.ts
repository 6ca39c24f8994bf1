import type { Page, PageRequest } from '../page/page.js';

/** Where a message stands; the last three are final. */
export type MessageState = 'queued' | 'delivered' | 'done' | 'failed' | 'interrupted';

/** What may follow what; everything else is refused with `TRANSITION`. */
export const MESSAGE_TRANSITIONS: Readonly<Record<MessageState, readonly MessageState[]>> = Object.freeze({
  queued: Object.freeze(['delivered', 'failed', 'interrupted'] as const),
  delivered: Object.freeze(['done', 'failed', 'interrupted'] as const),
  done: Object.freeze([]),
  failed: Object.freeze([]),
  interrupted: Object.freeze([]),
});

/** A message for an agent. */
export interface MessageRecord {
  readonly id: string;
  readonly agentId: string;
  readonly sessionKey: string;
  readonly text: string;
  readonly actor: string;
  readonly channel: string;
  readonly chatId: string;
  readonly state: MessageState;
  /** Present with `failed` and `interrupted`. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Text of the answer, present with `done`. */
  readonly result: string | null;
  readonly createdAt: Date;
  readonly deliveredAt: Date | null;
  readonly finishedAt: Date | null;
}

/** What enqueues a message. */
export interface NewMessage {
  /** Random unless given; a known id gives the stored message back, so that a repeated request enqueues once. */
  readonly id?: string;
  readonly agentId: string;
  readonly sessionKey: string;
  readonly text: string;
  readonly actor: string;
  readonly channel: string;
  readonly chatId: string;
}

/** What a transition may carry. */
export interface MessageOutcome {
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: string;
}

/** Messages on their way to agents. */
export interface MessageStore {
  /** Throws `NOT_FOUND` without the agent; `CONFLICT` when the id belongs to a message of another agent or with another text. */
  enqueue(message: NewMessage): Promise<MessageRecord>;
  get(id: string): Promise<MessageRecord | undefined>;
  /** Newest first. */
  list(agentId: string, page?: PageRequest & { readonly sessionKey?: string }): Promise<Page<MessageRecord>>;
  /** Messages in one state in the order of arrival; at most 200. */
  inState(agentId: string, state: MessageState, limit?: number): Promise<readonly MessageRecord[]>;
  /** Moves a message on, once: of two callers one gets `TRANSITION`. Throws `NOT_FOUND`. */
  transition(id: string, to: MessageState, outcome?: MessageOutcome): Promise<MessageRecord>;
  /** Ends every message of the agent that is in one of the states; gives the ended ones. */
  endAll(
    agentId: string,
    from: readonly ('queued' | 'delivered')[],
    to: 'failed' | 'interrupted',
    error: { readonly code: string; readonly message: string },
  ): Promise<readonly MessageRecord[]>;
}
