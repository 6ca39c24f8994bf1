import type { ActivityEvent, ActivityType, OutboxItem, SessionEntry } from '@clawforce/protocol';
import type { DbClient } from '../database/open-db.js';
import { pageLimit } from '../page/page.js';
import { storableText } from '../storable-text.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import { fromRow, insertEvents, toStored } from './event-row.js';
import type { AppendOutcome, EventStore, SessionSummary, StoredEvent } from './event-store.js';

const MAX_HISTORY = 1000;
const MAX_HISTORY_CHARS = 8 * 1024 * 1024;
const HISTORY_PORTION = 20;

/** Activity and session entries in the database. */
export class PrismaEventStore implements EventStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  append(agentId: string, epoch: number, items: readonly OutboxItem[]): Promise<AppendOutcome> {
    return this.#context.atomic(async (db): Promise<AppendOutcome> => {
      const agent = await lockAgent(db, agentId);
      if (agent === undefined) return { status: 'unknown' };
      if (agent.epoch !== epoch) return { status: 'fenced', epoch: agent.epoch };

      const stored: StoredEvent[] = [];
      let { ack, cursor } = agent;
      let expected: number | undefined;
      for (const item of items) {
        if (item.seq <= ack) continue;
        if (item.seq !== ack + 1) {
          expected = ack + 1;
          break;
        }
        ack = item.seq;
        cursor += 1;
        stored.push(toStored(item, { agentId, id: cursor, epoch }));
      }
      if (stored.length > 0) {
        await insertEvents(db, stored);
        await db.agent.updateMany({
          where: { id: agentId },
          data: { ackSeq: BigInt(ack), eventCursor: BigInt(cursor) },
        });
      }
      return expected === undefined
        ? { status: 'stored', ack, stored }
        : { status: 'gap', ack, expected, stored };
    });
  }

  record(agentId: string, event: ActivityEvent, time = this.#context.now()): Promise<StoredEvent> {
    return this.#insertOwn(agentId, (place) => ({ ...place, time, kind: 'activity', event }));
  }

  recordSession(
    agentId: string,
    sessionKey: string,
    entry: SessionEntry,
    time = this.#context.now(),
  ): Promise<StoredEvent> {
    const key = storableText(sessionKey);
    return this.#insertOwn(agentId, (place) => ({ ...place, time, kind: 'session', sessionKey: key, entry }));
  }

  async after(agentId: string, after: number, limit?: number): Promise<readonly StoredEvent[]> {
    const rows = await this.#context.db.agentEvent.findMany({
      where: { agentId, kind: 'activity', id: { gt: BigInt(after) } },
      orderBy: { id: 'asc' },
      take: pageLimit(limit),
    });
    return rows.map(fromRow);
  }

  async tail(agentId: string, limit?: number): Promise<readonly StoredEvent[]> {
    const rows = await this.#context.db.agentEvent.findMany({
      where: { agentId, kind: 'activity' },
      orderBy: { id: 'desc' },
      take: pageLimit(limit),
    });
    return rows.map(fromRow).reverse();
  }

  async before(agentId: string, before: number, limit?: number): Promise<readonly StoredEvent[]> {
    const rows = await this.#context.db.agentEvent.findMany({
      where: { agentId, kind: 'activity', id: { lt: BigInt(before) } },
      orderBy: { id: 'desc' },
      take: pageLimit(limit),
    });
    return rows.map(fromRow).reverse();
  }

  async decisionsSince(since: Date, limit: number): Promise<readonly StoredEvent[]> {
    const rows = await this.#context.db.agentEvent.findMany({
      where: { time: { gte: since }, kind: 'activity', type: 'policy_decision' satisfies ActivityType },
      orderBy: [{ time: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return rows.map(fromRow).reverse();
  }

  async history(agentId: string, sessionKey: string, limit = 50): Promise<readonly SessionEntry[]> {
    if (!Number.isInteger(limit) || limit < 1) throw new TypeError('limit: expected a whole number above 0');
    const most = Math.min(limit, MAX_HISTORY);
    const entries: SessionEntry[] = [];
    let left = MAX_HISTORY_CHARS;
    let before: bigint | undefined;
    // In small portions: a worker decides how large its entries are, and a thousand of the largest do not fit into memory.
    for (let done = false; !done && entries.length < most;) {
      const rows = await this.#context.db.agentEvent.findMany({
        where: {
          agentId,
          kind: 'session',
          sessionKey: storableText(sessionKey),
          ...(before === undefined ? {} : { id: { lt: before } }),
        },
        orderBy: { id: 'desc' },
        take: Math.min(most - entries.length, HISTORY_PORTION),
        select: { id: true, body: true },
      });
      done = rows.length < HISTORY_PORTION;
      for (const { id, body } of rows) {
        before = id;
        left -= body.length;
        done ||= left < 0;
        if (left < 0 && entries.length > 0) break;
        entries.push(JSON.parse(body) as SessionEntry);
      }
    }
    return entries.reverse();
  }

  async sessions(agentId: string): Promise<readonly SessionSummary[]> {
    const groups = await this.#context.db.agentEvent.groupBy({
      by: ['sessionKey'],
      where: { agentId, kind: 'session' },
      _count: { _all: true },
      _max: { time: true, id: true },
      orderBy: { _max: { id: 'desc' } },
      take: 200,
    });
    return groups.map((group) => ({
      sessionKey: group.sessionKey ?? '',
      entries: group._count._all,
      lastAt: group._max.time ?? new Date(0),
    }));
  }

  async prune(before: Date): Promise<number> {
    const { count } = await this.#context.db.agentEvent.deleteMany({
      where: { kind: 'activity', time: { lt: before } },
    });
    return count;
  }

  #insertOwn(
    agentId: string,
    build: (place: {
      readonly id: number;
      readonly agentId: string;
      readonly source: 'control';
      readonly seq: null;
      readonly epoch: null;
    }) => StoredEvent,
  ): Promise<StoredEvent> {
    return this.#context.atomic(async (db) => {
      const agent = await lockAgent(db, agentId, 1);
      if (agent === undefined) throw new StorageError('NOT_FOUND', 'there is no such agent');
      const event = build({ id: agent.cursor, agentId, source: 'control', seq: null, epoch: null });
      await insertEvents(db, [event]);
      return event;
    });
  }
}

/**
 * Takes the row lock of the agent by writing to it, so that its events are numbered and committed in one order: a reader
 * that has seen cursor n never finds a smaller one later. SQLite needs the write first as well, see `sqliteAdapter`.
 */
async function lockAgent(
  db: DbClient,
  agentId: string,
  cursors = 0,
): Promise<{ readonly epoch: number; readonly ack: number; readonly cursor: number } | undefined> {
  const [row] = await db.agent.updateManyAndReturn({
    where: { id: agentId },
    data: { eventCursor: { increment: BigInt(cursors) } },
    select: { epoch: true, ackSeq: true, eventCursor: true },
  });
  return row && { epoch: row.epoch, ack: Number(row.ackSeq), cursor: Number(row.eventCursor) };
}
