import { randomUUID } from 'node:crypto';
import type { StoreContext } from '../store-context.js';
import { storableText } from '../storable-text.js';
import type { NewSession, SessionRecord, SessionStore } from './session-store.js';

/** Sign-ins in the database. */
export class PrismaSessionStore implements SessionStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  create(session: NewSession): Promise<SessionRecord> {
    const now = this.#context.now();
    return this.#context.db.session.create({
      data: {
        id: session.id ?? randomUUID(),
        userId: session.userId,
        ip: storableText(session.ip).slice(0, 64),
        userAgent: storableText(session.userAgent).slice(0, 256),
        idleExpiresAt: session.idleExpiresAt,
        absoluteExpiresAt: session.absoluteExpiresAt,
        createdAt: now,
        lastUsedAt: now,
      },
    });
  }

  async get(id: string): Promise<SessionRecord | undefined> {
    return (await this.#context.db.session.findUnique({ where: { id } })) ?? undefined;
  }

  listLive(userId: string): Promise<readonly SessionRecord[]> {
    return this.#context.db.session.findMany({
      where: { userId, ...this.#live() },
      orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
      take: 200,
    });
  }

  async reauthenticated(id: string): Promise<boolean> {
    const { count } = await this.#context.db.session.updateMany({
      where: { id, ...this.#live() },
      data: { reauthenticatedAt: this.#context.now() },
    });
    return count === 1;
  }

  async revoke(id: string, reason: string): Promise<boolean> {
    const { count } = await this.#context.db.session.updateMany({
      where: { id, revokedAt: null },
      data: { revokedAt: this.#context.now(), revokedReason: reason },
    });
    return count === 1;
  }

  async revokeAll(userId: string, reason: string, except?: string): Promise<readonly string[]> {
    const rows = await this.#context.db.session.updateManyAndReturn({
      where: { userId, revokedAt: null, ...(except === undefined ? {} : { id: { not: except } }) },
      data: { revokedAt: this.#context.now(), revokedReason: reason },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  async purge(before: Date): Promise<number> {
    const { count } = await this.#context.db.session.deleteMany({
      where: {
        OR: [
          { absoluteExpiresAt: { lt: before } },
          { idleExpiresAt: { lt: before } },
          { revokedAt: { lt: before } },
        ],
      },
    });
    return count;
  }

  #live(): { revokedAt: null; idleExpiresAt: { gt: Date }; absoluteExpiresAt: { gt: Date } } {
    const now = this.#context.now();
    return { revokedAt: null, idleExpiresAt: { gt: now }, absoluteExpiresAt: { gt: now } };
  }
}
