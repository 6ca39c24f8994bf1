import type { StoreContext } from '../store-context.js';
import type { SetupStore } from './setup-store.js';

/** Setup links in the database. */
export class PrismaSetupStore implements SetupStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  issue(token: {
    readonly digest: string;
    readonly userId: string;
    readonly expiresAt: Date;
  }): Promise<void> {
    return this.#context.atomic(async (db) => {
      await db.setupToken.deleteMany({});
      await db.setupToken.create({ data: { ...token, createdAt: this.#context.now() } });
    });
  }

  async consume(digest: string): Promise<{ readonly userId: string } | undefined> {
    const now = this.#context.now();
    const [row] = await this.#context.db.setupToken.updateManyAndReturn({
      where: { digest, usedAt: null, expiresAt: { gt: now } },
      data: { usedAt: now },
      select: { userId: true },
    });
    return row;
  }

  async valid(digest: string): Promise<boolean> {
    const count = await this.#context.db.setupToken.count({
      where: { digest, usedAt: null, expiresAt: { gt: this.#context.now() } },
    });
    return count === 1;
  }

  async clear(): Promise<void> {
    await this.#context.db.setupToken.deleteMany({});
  }
}
