import { GENESIS_HASH, type AuditEvent, type AuditRow, type ChainHead } from '@clawforce/audit-log';
import { Prisma } from '../generated/sqlite/client.js';
import { storableText } from '../storable-text.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import type { AuditChain } from './audit-chain.js';

const HEAD = 'chain';
const ROWS_PER_STATEMENT = 500;

/** The audit chain in the database. */
export class PrismaAuditChain implements AuditChain {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async lockHead(): Promise<ChainHead> {
    // A write, whether the row is there or not: every writer of the chain queues up behind it.
    await this.#context.db
      .$executeRaw`INSERT INTO "AuditHead" ("id", "seq", "hash") VALUES (${HEAD}, ${0n}, ${GENESIS_HASH}) ON CONFLICT ("id") DO UPDATE SET "id" = excluded."id"`;
    return this.head();
  }

  append(rows: readonly AuditRow[]): Promise<void> {
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return Promise.resolve();
    return this.#context.atomic(async (db) => {
      const { count } = await db.auditHead.updateMany({
        where: { id: HEAD, seq: BigInt(first.seq - 1), hash: first.prevHash },
        data: { seq: BigInt(last.seq), hash: last.hash },
      });
      if (count === 0) throw new StorageError('CONFLICT', 'the audit rows do not continue the stored chain');
      for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
        const values = rows.slice(start, start + ROWS_PER_STATEMENT).map(toValues);
        await db.$executeRaw`INSERT INTO "AuditRow" ("seq", "time", "kind", "agentId", "actorId", "effect", "rule", "event", "prevHash", "hash") VALUES ${Prisma.join(values)}`;
      }
    });
  }

  async head(): Promise<ChainHead> {
    const row = await this.#context.db.auditHead.findUnique({ where: { id: HEAD } });
    return row === null ? { seq: 0, hash: GENESIS_HASH } : { seq: Number(row.seq), hash: row.hash };
  }

  async read(from: number, limit: number): Promise<readonly AuditRow[]> {
    const rows = await this.#context.db.auditRow.findMany({
      where: { seq: { gte: BigInt(from) } },
      orderBy: { seq: 'asc' },
      take: limit,
    });
    return rows.map((row) => ({
      seq: Number(row.seq),
      time: row.time.toISOString(),
      event: eventOf(row),
      prevHash: row.prevHash,
      hash: row.hash,
    }));
  }
}

function toValues({ seq, time, event, prevHash, hash }: AuditRow): Prisma.Sql {
  const { agentId, actorId, effect, rule } = columns(event);
  return Prisma.sql`(${BigInt(seq)}, ${new Date(time)}, ${event.kind}, ${agentId}, ${actorId}, ${effect}, ${rule}, ${JSON.stringify(event)}, ${prevHash}, ${hash})`;
}

/**
 * Gives the event of a row. A row whose text is not JSON, or whose filter columns say something else than its event, comes
 * with an event that its hash does not fit: such a row was hidden from lists, and `verify` has to name it.
 */
function eventOf(row: StoredRow): AuditEvent {
  let event: AuditEvent;
  try {
    event = JSON.parse(row.event) as AuditEvent;
  } catch {
    return { kind: 'drill', event: 'unreadable row', timestamp: row.time.toISOString() };
  }
  const { kind, agentId, actorId, effect, rule } = row;
  const stored = JSON.stringify([kind, agentId, actorId, effect, rule]);
  const own = columns(event);
  if (stored === JSON.stringify([event.kind, own.agentId, own.actorId, own.effect, own.rule])) return event;
  return { ...event, ext: { columns: stored } };
}

interface StoredRow {
  readonly time: Date;
  readonly kind: string;
  readonly agentId: string | null;
  readonly actorId: string | null;
  readonly effect: string | null;
  readonly rule: string | null;
  readonly event: string;
}

/** What lists filter by; copies of fields of the hashed event. */
function columns(event: AuditEvent): Record<'agentId' | 'actorId' | 'effect' | 'rule', string | null> {
  const field = (name: string): string | null => {
    const value = (event as unknown as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' ? storableText(value) : null;
  };
  const user = field('user_id');
  return {
    agentId: field('agent_id'),
    actorId: field('actor') ?? (user === null ? null : `user:${user}`),
    effect: field('effect'),
    rule: field('rule'),
  };
}
