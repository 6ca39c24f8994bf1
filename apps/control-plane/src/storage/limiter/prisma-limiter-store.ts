import type { LimiterBucket, LimiterStore } from '@clawforce/auth-rbac/limiter';
import type { StoreContext } from '../store-context.js';

/** Limits in the database: they survive a restart. */
export class PrismaLimiterStore implements LimiterStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async get(key: string): Promise<string | undefined> {
    const row = await this.#context.db.limiterBucket.findFirst({
      where: { key, expiresAt: { gt: this.#context.now() } },
    });
    return row?.state;
  }

  update(key: string, change: (state: string | undefined) => LimiterBucket | undefined): Promise<void> {
    return this.#context.atomic(async (db) => {
      // One statement makes the row or takes its lock: a plain read would let two first attempts both see nothing.
      const none = new Date(0);
      await db.$executeRaw`INSERT INTO "LimiterBucket" ("key", "state", "expiresAt") VALUES (${key}, '', ${none}) ON CONFLICT ("key") DO UPDATE SET "key" = excluded."key"`;
      const row = await db.limiterBucket.findUniqueOrThrow({ where: { key } });
      const next = change(row.expiresAt > this.#context.now() ? row.state : undefined);
      if (next === undefined) await db.limiterBucket.deleteMany({ where: { key } });
      else await db.limiterBucket.updateMany({ where: { key }, data: next });
    });
  }

  /** Removes buckets that may be forgotten; gives how many. */
  async purge(): Promise<number> {
    const { count } = await this.#context.db.limiterBucket.deleteMany({
      where: { expiresAt: { lte: this.#context.now() } },
    });
    return count;
  }
}
