import { randomUUID } from 'node:crypto';
import { hasPrismaCode } from '../database/prisma-error.js';
import type { Agent, Prisma } from '../generated/sqlite/client.js';
import { pageByDate } from '../page/keyset.js';
import type { Page } from '../page/page.js';
import { storableText } from '../storable-text.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import type {
  AgentChanges,
  AgentFilter,
  AgentRecord,
  AgentStatus,
  AgentStore,
  AgentVisibility,
  DesiredState,
  NewAgent,
  StatusChange,
  UidRange,
  StatusCounts,
} from './agent-store.js';

/** Agents in the database. */
export class PrismaAgentStore implements AgentStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async create(agent: NewAgent): Promise<AgentRecord> {
    const now = this.#context.now();
    try {
      const row = await this.#context.db.agent.create({
        data: {
          id: agent.id ?? randomUUID(),
          name: storableText(agent.name),
          description: storableText(agent.description ?? ''),
          color: agent.color ?? null,
          ownerUserId: agent.ownerUserId,
          mode: agent.mode,
          level: agent.level,
          isDemo: agent.isDemo ?? false,
          desired: 'stopped' satisfies DesiredState,
          status: 'stopped' satisfies AgentStatus,
          statusSince: now,
          attested: 'none',
          createdAt: now,
          updatedAt: now,
        },
      });
      return toRecord(row);
    } catch (error) {
      if (hasPrismaCode(error, 'P2002')) {
        throw new StorageError('CONFLICT', 'the agent id is taken', { cause: error });
      }
      if (hasPrismaCode(error, 'P2003')) {
        throw new StorageError('NOT_FOUND', 'there is no such owner', { cause: error });
      }
      throw error;
    }
  }

  async get(id: string): Promise<AgentRecord | undefined> {
    const row = await this.#context.db.agent.findUnique({ where: { id } });
    return row === null ? undefined : toRecord(row);
  }

  list(visibleTo: AgentVisibility, filter: AgentFilter = {}): Promise<Page<AgentRecord>> {
    const { status, name, ownerUserId } = filter;
    const wanted = {
      ...(status === undefined ? {} : { status: { in: [...status] } }),
      ...(ownerUserId === undefined ? {} : { ownerUserId }),
      ...(name === undefined ? {} : { name: this.#containing(name) }),
    };
    return pageByDate(
      this.#context,
      `agents:${JSON.stringify([visibleTo, status, name, ownerUserId])}`,
      filter,
      ({ after, ...rest }) =>
        this.#context.db.agent.findMany({ ...rest, where: { AND: [ownedBy(visibleTo), wanted, after] } }),
      toRecord,
    );
  }

  /** SQLite's LIKE does not mind the case of ASCII letters; PostgreSQL has to be told. */
  #containing(name: string): Prisma.StringFilter {
    const insensitive = this.#context.provider === 'postgresql' ? { mode: 'insensitive' } : {};
    return { contains: name, ...insensitive };
  }

  async names(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#context.db.agent.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, name: true },
    });
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  async countByStatus(visibleTo: AgentVisibility): Promise<StatusCounts> {
    const groups = await this.#context.db.agent.groupBy({
      by: ['status'],
      where: ownedBy(visibleTo),
      _count: { _all: true },
    });
    const counts = { stopped: 0, provisioning: 0, connecting: 0, running: 0, disconnected: 0, failed: 0 };
    for (const { status, _count } of groups) counts[status as AgentStatus] = _count._all;
    return counts;
  }

  async withDesired(desired: DesiredState): Promise<readonly AgentRecord[]> {
    const rows = await this.#context.db.agent.findMany({ where: { desired }, orderBy: { createdAt: 'asc' } });
    return rows.map(toRecord);
  }

  async active(): Promise<readonly AgentRecord[]> {
    const rows = await this.#context.db.agent.findMany({
      where: { status: { notIn: ['stopped', 'failed'] satisfies AgentStatus[] } },
      orderBy: { createdAt: 'asc' },
    });
    return rows.map(toRecord);
  }

  async update(id: string, changes: AgentChanges): Promise<AgentRecord> {
    const { name, description, color, ownerUserId, mode, level } = changes;
    try {
      return await this.#write(
        { id },
        {
          ...(name === undefined ? {} : { name: storableText(name) }),
          ...(description === undefined ? {} : { description: storableText(description) }),
          ...(color === undefined ? {} : { color }),
          ...(ownerUserId === undefined ? {} : { ownerUserId }),
          ...(mode === undefined ? {} : { mode }),
          ...(level === undefined ? {} : { level }),
        },
      );
    } catch (error) {
      if (hasPrismaCode(error, 'P2003')) {
        throw new StorageError('NOT_FOUND', 'there is no such owner', { cause: error });
      }
      throw error;
    }
  }

  setDesired(id: string, desired: DesiredState): Promise<AgentRecord> {
    return this.#write({ id }, { desired });
  }

  setStatus(
    id: string,
    change: StatusChange,
    only: { readonly generation?: number; readonly epoch?: number } = {},
  ): Promise<AgentRecord> {
    const data = {
      status: change.status,
      statusReason: change.reason === undefined ? null : storableText(change.reason).slice(0, 1000),
      ...(change.attested === undefined ? {} : { attested: change.attested }),
    };
    return this.#context.atomic(async (db) => {
      const moved = await db.agent.updateManyAndReturn({
        where: { id, ...only, status: { not: change.status } },
        data: { ...data, statusSince: this.#context.now(), updatedAt: this.#context.now() },
      });
      return moved[0] === undefined ? this.#write({ id, ...only }, data, db) : toRecord(moved[0]);
    });
  }

  nextGeneration(id: string): Promise<AgentRecord> {
    return this.#write({ id }, { generation: { increment: 1 } });
  }

  openEpoch(id: string, only: { readonly generation?: number } = {}): Promise<AgentRecord> {
    return this.#write({ id, ...only }, { epoch: { increment: 1 } });
  }

  setWorkerSpec(id: string, generation: number, spec: string | null): Promise<AgentRecord> {
    return this.#write({ id, generation }, { workerSpec: spec });
  }

  async claimWorkerUid(id: string, range: UidRange): Promise<number> {
    try {
      return await this.#claimWorkerUid(id, range);
    } catch (error) {
      // Two agents asked at once and PostgreSQL let only one have it: the next look sees that it is taken.
      if (hasPrismaCode(error, 'P2002')) return this.claimWorkerUid(id, range);
      throw error;
    }
  }

  #claimWorkerUid(id: string, { first, last }: UidRange): Promise<number> {
    return this.#context.atomic(async (db) => {
      const own = await db.agent.findUnique({ where: { id }, select: { workerUid: true } });
      if (own === null) throw new StorageError('NOT_FOUND', 'there is no such agent');
      if (own.workerUid !== null && own.workerUid >= first && own.workerUid <= last) return own.workerUid;
      const taken = await db.agent.findMany({
        where: { workerUid: { gte: first, lte: last } },
        select: { workerUid: true },
        orderBy: { workerUid: 'asc' },
      });
      let free = first;
      for (const { workerUid } of taken) if (workerUid === free) free += 1;
      if (free > last) {
        throw new StorageError('CONFLICT', `every user from ${first} to ${last} belongs to an agent`);
      }
      await db.agent.update({ where: { id }, data: { workerUid: free } });
      return free;
    });
  }

  async remove(id: string): Promise<void> {
    const { count } = await this.#context.db.agent.deleteMany({ where: { id } });
    if (count === 0) throw new StorageError('NOT_FOUND', 'there is no such agent');
  }

  async #write(
    where: { readonly id: string; readonly generation?: number; readonly epoch?: number },
    data: Prisma.AgentUpdateManyMutationInput & { readonly ownerUserId?: string | null },
    db = this.#context.db,
  ): Promise<AgentRecord> {
    const [row] = await db.agent.updateManyAndReturn({
      where,
      data: { ...data, updatedAt: this.#context.now() },
    });
    if (row !== undefined) return toRecord(row);
    const known = await db.agent.count({ where: { id: where.id } });
    throw known === 0
      ? new StorageError('NOT_FOUND', 'there is no such agent')
      : new StorageError('STALE', 'the agent has moved on to a later generation or epoch');
  }
}

function ownedBy(visibleTo: AgentVisibility): { ownerUserId?: string } {
  return visibleTo === 'all' ? {} : { ownerUserId: visibleTo.ownerUserId };
}

function toRecord({ eventCursor: _events, messageCount: _messages, ...row }: Agent): AgentRecord {
  return {
    ...row,
    desired: row.desired as DesiredState,
    status: row.status as AgentStatus,
    ackSeq: Number(row.ackSeq),
  };
}
