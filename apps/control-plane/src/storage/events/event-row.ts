import type { ActivityEvent, OutboxItem, SessionEntry } from '@clawforce/protocol';
import { Prisma, type AgentEvent } from '../generated/sqlite/client.js';
import type { DbClient } from '../database/open-db.js';
import { storableText } from '../storable-text.js';
import type { EventSource, StoredEvent } from './event-store.js';

/** Gives the stored form of one item; `place` says where in the agent's stream it stands. */
export function toStored(
  item: OutboxItem,
  place: { readonly agentId: string; readonly id: number; readonly epoch: number },
): StoredEvent {
  return {
    ...place,
    source: 'worker',
    seq: item.seq,
    time: validTime(item.time),
    ...(item.type === 'activity'
      ? { kind: 'activity', event: item.event }
      : { kind: 'session', sessionKey: storableText(item.session_key), entry: item.entry }),
  };
}

/** A worker's clock is advisory: a text that is not a time becomes the epoch rather than a failed batch. */
function validTime(text: string): Date {
  const time = new Date(text);
  const year = time.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? time : new Date(0);
}

/** Inserts rows with one statement per 500: several times faster than createMany (TOOLING section 3, point 8). */
export async function insertEvents(db: DbClient, events: readonly StoredEvent[]): Promise<void> {
  for (let start = 0; start < events.length; start += 500) {
    const rows = events.slice(start, start + 500).map((event) => {
      const { type, body, sessionKey } = columns(event);
      const seq = event.seq === null ? null : BigInt(event.seq);
      return Prisma.sql`(${event.agentId}, ${BigInt(event.id)}, ${event.source}, ${seq}, ${event.epoch}, ${event.kind}, ${type}, ${sessionKey}, ${event.time}, ${body})`;
    });
    await db.$executeRaw`INSERT INTO "AgentEvent" ("agentId", "id", "source", "seq", "epoch", "kind", "type", "sessionKey", "time", "body") VALUES ${Prisma.join(rows)}`;
  }
}

function columns(event: StoredEvent): { type: string; body: string; sessionKey: string | null } {
  if (event.kind === 'session') {
    return { type: event.entry.role, body: JSON.stringify(event.entry), sessionKey: event.sessionKey };
  }
  const { session_key: key, event_type: type } = event.event;
  return {
    type,
    body: JSON.stringify(event.event),
    sessionKey: key === undefined ? null : storableText(key),
  };
}

/** Gives a row of the table in the shape that callers use. */
export function fromRow(row: AgentEvent): StoredEvent {
  const common = {
    id: Number(row.id),
    agentId: row.agentId,
    source: row.source as EventSource,
    seq: row.seq === null ? null : Number(row.seq),
    epoch: row.epoch,
    time: row.time,
  };
  return row.kind === 'session'
    ? {
        ...common,
        kind: 'session',
        sessionKey: row.sessionKey ?? '',
        entry: JSON.parse(row.body) as SessionEntry,
      }
    : { ...common, kind: 'activity', event: JSON.parse(row.body) as ActivityEvent };
}
