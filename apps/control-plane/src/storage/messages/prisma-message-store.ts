import { randomUUID } from 'node:crypto';
import type { Message } from '../generated/sqlite/client.js';
import { pageByNumber } from '../page/keyset.js';
import { pageLimit, type Page, type PageRequest } from '../page/page.js';
import { storableText } from '../storable-text.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import {
  MESSAGE_TRANSITIONS,
  type MessageOutcome,
  type MessageRecord,
  type MessageState,
  type MessageStore,
  type NewMessage,
} from './message-store.js';

/** Messages in the database. */
export class PrismaMessageStore implements MessageStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  enqueue(message: NewMessage): Promise<MessageRecord> {
    const createdAt = this.#context.now();
    const id = message.id ?? randomUUID();
    const text = storableText(message.text);
    return this.#context.atomic(async (db) => {
      // A write first: the count is the message's place in the queue, and the lock of the agent.
      const [agent] = await db.agent.updateManyAndReturn({
        where: { id: message.agentId },
        data: { messageCount: { increment: 1n } },
        select: { messageCount: true },
      });
      if (agent === undefined) throw new StorageError('NOT_FOUND', 'there is no such agent');
      const known = message.id === undefined ? null : await db.message.findUnique({ where: { id } });
      if (known !== null) {
        if (known.agentId === message.agentId && known.text === text) return toRecord(known);
        throw new StorageError('CONFLICT', 'the message id belongs to another message');
      }
      const row = await db.message.create({
        data: {
          id,
          agentId: message.agentId,
          position: agent.messageCount,
          sessionKey: storableText(message.sessionKey),
          text,
          actor: storableText(message.actor),
          channel: storableText(message.channel),
          chatId: storableText(message.chatId),
          state: 'queued' satisfies MessageState,
          createdAt,
        },
      });
      return toRecord(row);
    });
  }

  async get(id: string): Promise<MessageRecord | undefined> {
    const row = await this.#context.db.message.findUnique({ where: { id } });
    return row === null ? undefined : toRecord(row);
  }

  list(
    agentId: string,
    page: PageRequest & { readonly sessionKey?: string } = {},
  ): Promise<Page<MessageRecord>> {
    const session = page.sessionKey === undefined ? {} : { sessionKey: storableText(page.sessionKey) };
    return pageByNumber(
      this.#context,
      `messages:${JSON.stringify([agentId, page.sessionKey])}`,
      page,
      ({ take, below }) =>
        this.#context.db.message.findMany({
          where: { agentId, ...session, ...(below === undefined ? {} : { position: { lt: below } }) },
          orderBy: { position: 'desc' },
          take,
        }),
      (row) => row.position,
      toRecord,
    );
  }

  async inState(agentId: string, state: MessageState, limit = 200): Promise<readonly MessageRecord[]> {
    const rows = await this.#context.db.message.findMany({
      where: { agentId, state },
      orderBy: { position: 'asc' },
      take: pageLimit(limit),
    });
    return rows.map(toRecord);
  }

  async transition(id: string, to: MessageState, outcome: MessageOutcome = {}): Promise<MessageRecord> {
    const [row] = await this.#context.db.message.updateManyAndReturn({
      where: { id, state: { in: statesBefore(to) } },
      data: this.#change(to, outcome),
    });
    if (row !== undefined) return toRecord(row);
    const stored = await this.get(id);
    throw stored === undefined
      ? new StorageError('NOT_FOUND', 'there is no such message')
      : new StorageError('TRANSITION', `a message that is ${stored.state} cannot become ${to}`);
  }

  async endAll(
    agentId: string,
    from: readonly ('queued' | 'delivered')[],
    to: 'failed' | 'interrupted',
    error: { readonly code: string; readonly message: string },
  ): Promise<readonly MessageRecord[]> {
    const rows = await this.#context.db.message.updateManyAndReturn({
      where: { agentId, state: { in: [...from] } },
      data: this.#change(to, { error }),
    });
    return rows.map(toRecord);
  }

  #change(to: MessageState, outcome: MessageOutcome): object {
    const now = this.#context.now();
    return {
      state: to,
      ...(outcome.error === undefined ? {} : { error: JSON.stringify(outcome.error) }),
      ...(outcome.result === undefined ? {} : { result: storableText(outcome.result) }),
      ...(to === 'delivered' ? { deliveredAt: now } : { finishedAt: now }),
    };
  }
}

function statesBefore(to: MessageState): MessageState[] {
  return (Object.keys(MESSAGE_TRANSITIONS) as MessageState[]).filter((from) =>
    MESSAGE_TRANSITIONS[from].includes(to),
  );
}

function toRecord(row: Message): MessageRecord {
  return {
    id: row.id,
    agentId: row.agentId,
    sessionKey: row.sessionKey,
    text: row.text,
    actor: row.actor,
    channel: row.channel,
    chatId: row.chatId,
    state: row.state as MessageState,
    error: row.error === null ? null : (JSON.parse(row.error) as { code: string; message: string }),
    result: row.result,
    createdAt: row.createdAt,
    deliveredAt: row.deliveredAt,
    finishedAt: row.finishedAt,
  };
}
