import { hasPrismaCode } from '../database/prisma-error.js';
import type { AgentCredential } from '../generated/sqlite/client.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import type { CredentialKind, CredentialRecord, CredentialStore, NewCredential } from './credential-store.js';

/** Worker credentials in the database. */
export class PrismaCredentialStore implements CredentialStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  issue(credential: NewCredential): Promise<CredentialRecord> {
    const now = this.#context.now();
    const { id, agentId, kind, digest } = credential;
    return this.#context.atomic(async (db) => {
      if (kind !== 'resume') {
        await db.agentCredential.updateMany({
          where: { agentId, kind, supersededAt: null },
          data: { supersededAt: now },
        });
      }
      try {
        const row = await db.agentCredential.create({
          data: {
            id,
            agentId,
            kind,
            digest,
            epoch: credential.epoch ?? null,
            generation: credential.generation ?? null,
            expiresAt: credential.expiresAt ?? null,
            createdAt: now,
          },
        });
        return toRecord(row);
      } catch (error) {
        if (hasPrismaCode(error, 'P2002')) {
          throw new StorageError('CONFLICT', 'the credential id is taken', { cause: error });
        }
        if (hasPrismaCode(error, 'P2003')) {
          throw new StorageError('NOT_FOUND', 'there is no such agent', { cause: error });
        }
        throw error;
      }
    });
  }

  async find(id: string): Promise<CredentialRecord | undefined> {
    const row = await this.#context.db.agentCredential.findUnique({ where: { id } });
    return row === null ? undefined : toRecord(row);
  }

  async consume(id: string): Promise<boolean> {
    const { count } = await this.#context.db.agentCredential.updateMany({
      where: { id, usedAt: null, ...this.#presentable() },
      data: { usedAt: this.#context.now() },
    });
    return count === 1;
  }

  activate(id: string): Promise<boolean> {
    const now = this.#context.now();
    return this.#context.atomic(async (db) => {
      const [row] = await db.agentCredential.updateManyAndReturn({
        where: { id, ...this.#presentable() },
        data: { usedAt: now },
      });
      if (row === undefined) return false;
      await db.agentCredential.updateMany({
        where: { agentId: row.agentId, kind: row.kind, id: { not: id }, supersededAt: null },
        data: { supersededAt: now },
      });
      return true;
    });
  }

  async revoke(agentId: string, kinds?: readonly CredentialKind[]): Promise<number> {
    const { count } = await this.#context.db.agentCredential.updateMany({
      where: { agentId, supersededAt: null, ...(kinds === undefined ? {} : { kind: { in: [...kinds] } }) },
      data: { supersededAt: this.#context.now() },
    });
    return count;
  }

  async listFor(agentId: string): Promise<readonly CredentialRecord[]> {
    const rows = await this.#context.db.agentCredential.findMany({
      where: { agentId },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: 200,
    });
    return rows.map(toRecord);
  }

  async purge(before: Date): Promise<number> {
    const { count } = await this.#context.db.agentCredential.deleteMany({
      where: { OR: [{ supersededAt: { lt: before } }, { expiresAt: { lt: before } }] },
    });
    return count;
  }

  #presentable(): object {
    return {
      supersededAt: null,
      OR: [{ expiresAt: null }, { expiresAt: { gt: this.#context.now() } }],
    };
  }
}

function toRecord(row: AgentCredential): CredentialRecord {
  return { ...row, kind: row.kind as CredentialKind };
}
