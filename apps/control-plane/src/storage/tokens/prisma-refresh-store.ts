import type { RefreshFamily, RefreshRecord, RefreshStore } from '@clawforce/auth-rbac/tokens';
import type { StoreContext } from '../store-context.js';

/** Refresh tokens in the database; a family is a session, which must exist before its first token. */
export class PrismaRefreshStore implements RefreshStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async insert(record: RefreshRecord, _family: RefreshFamily): Promise<void> {
    await this.#context.db.refreshToken.create({ data: record });
  }

  async find(
    lookup: string,
  ): Promise<{ readonly record: RefreshRecord; readonly family: RefreshFamily } | undefined> {
    const row = await this.#context.db.refreshToken.findUnique({
      where: { lookup },
      include: { session: true },
    });
    if (row === null) return undefined;
    const { session, ...record } = row;
    const { id: sessionId, userId, absoluteExpiresAt, revokedAt } = session;
    return { record, family: { sessionId, userId, absoluteExpiresAt, revokedAt } };
  }

  rotate(lookup: string, usedAt: Date, successor: RefreshRecord): Promise<boolean> {
    const { sessionId } = successor;
    return this.#context.atomic(async (db) => {
      // A write that changes nothing takes the lock of the session, so that no revocation slips in between.
      const live = await db.session.updateMany({
        where: { id: sessionId, revokedAt: null },
        data: { revokedAt: null },
      });
      if (live.count === 0) return false;
      const used = await db.refreshToken.updateMany({
        where: { lookup, sessionId, usedAt: null },
        data: { usedAt, successor: successor.lookup },
      });
      if (used.count === 0) return false;
      await db.refreshToken.create({ data: successor });
      await db.session.updateMany({
        where: { id: sessionId },
        data: { lastUsedAt: usedAt, idleExpiresAt: successor.expiresAt },
      });
      return true;
    });
  }

  async revokeFamily(sessionId: string, reason: 'reuse' | 'logout', at: Date): Promise<void> {
    await this.#context.db.session.updateMany({
      where: { id: sessionId, revokedAt: null },
      data: { revokedAt: at, revokedReason: reason },
    });
  }
}
