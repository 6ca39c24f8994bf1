import type { AgentConfig } from '../generated/sqlite/client.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import type { ConfigRecord, ConfigStore, JsonValue, SealedSecret } from './config-store.js';

/** Configurations and sealed secrets in the database. */
export class PrismaConfigStore implements ConfigStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async get(agentId: string): Promise<ConfigRecord | undefined> {
    const row = await this.#context.db.agentConfig.findUnique({ where: { agentId } });
    return row === null ? undefined : toRecord(row);
  }

  async versions(agentIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#context.db.agentConfig.findMany({
      where: { agentId: { in: [...agentIds] } },
      select: { agentId: true, version: true },
    });
    return new Map(rows.map(({ agentId, version }) => [agentId, version]));
  }

  secrets(agentId: string): Promise<readonly SealedSecret[]> {
    return this.#context.db.agentSecret.findMany({
      where: { agentId },
      select: { id: true, sealed: true, keyId: true },
      orderBy: { id: 'asc' },
    });
  }

  put(
    agentId: string,
    next: {
      readonly document: JsonValue;
      readonly secrets: readonly SealedSecret[];
      readonly ifVersion?: number;
    },
  ): Promise<ConfigRecord> {
    const updatedAt = this.#context.now();
    return this.#context.atomic(async (db) => {
      // A write first: it takes the lock of the agent, so that two writers do not both see the old version.
      const touched = await db.agent.updateMany({ where: { id: agentId }, data: { updatedAt } });
      if (touched.count === 0) throw new StorageError('NOT_FOUND', 'there is no such agent');
      const stored = await db.agentConfig.findUnique({ where: { agentId }, select: { version: true } });
      const version = stored?.version ?? 0;
      if (next.ifVersion !== undefined && next.ifVersion !== version) {
        throw new StorageError('STALE', 'the configuration was changed by someone else');
      }
      const data = { document: JSON.stringify(next.document), version: version + 1, updatedAt };
      const row = await db.agentConfig.upsert({
        where: { agentId },
        create: { agentId, ...data },
        update: data,
      });
      await this.#replaceSecrets(db, agentId, next.secrets, updatedAt);
      return toRecord(row);
    });
  }

  async sealedByOther(
    keyId: string,
    limit: number,
    after?: string,
  ): Promise<readonly (SealedSecret & { readonly agentId: string })[]> {
    return this.#context.db.agentSecret.findMany({
      where: { keyId: { not: keyId }, ...(after === undefined ? {} : { id: { gt: after } }) },
      select: { id: true, sealed: true, keyId: true, agentId: true },
      orderBy: { id: 'asc' },
      take: limit,
    });
  }

  async reseal(from: SealedSecret, to: SealedSecret): Promise<boolean> {
    const { count } = await this.#context.db.agentSecret.updateMany({
      where: { id: from.id, sealed: from.sealed },
      data: { sealed: to.sealed, keyId: to.keyId, updatedAt: this.#context.now() },
    });
    return count === 1;
  }

  async #replaceSecrets(
    db: StoreContext['db'],
    agentId: string,
    secrets: readonly SealedSecret[],
    updatedAt: Date,
  ): Promise<void> {
    const stored = await db.agentSecret.findMany({ where: { agentId }, select: { id: true, sealed: true } });
    const sealedById = new Map(stored.map(({ id, sealed }) => [id, sealed]));
    const changed = secrets.filter(({ id, sealed }) => sealedById.get(id) !== sealed);
    const kept = new Set(secrets.filter((secret) => !changed.includes(secret)).map(({ id }) => id));
    const gone = stored.map(({ id }) => id).filter((id) => !kept.has(id));
    if (gone.length > 0) await db.agentSecret.deleteMany({ where: { agentId, id: { in: gone } } });
    if (changed.length > 0) {
      await db.agentSecret.createMany({
        data: changed.map(({ id, sealed, keyId }) => ({ id, sealed, keyId, agentId, updatedAt })),
      });
    }
  }
}

function toRecord(row: AgentConfig): ConfigRecord {
  return {
    agentId: row.agentId,
    document: JSON.parse(row.document) as JsonValue,
    version: row.version,
    updatedAt: row.updatedAt,
  };
}
