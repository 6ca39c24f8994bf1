import type { TicketRecord, TicketStore } from '@clawforce/auth-rbac/tokens';
import type { StoreContext } from '../store-context.js';

const KEEP_MS = 10 * 60 * 1000;

/** Tickets in the database. They live for seconds; those that ended ten minutes ago are dropped with the next insert. */
export class PrismaTicketStore implements TicketStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  insert(record: TicketRecord): Promise<void> {
    return this.#context.atomic(async (db) => {
      await db.ticket.deleteMany({
        where: { expiresAt: { lt: new Date(this.#context.now().getTime() - KEEP_MS) } },
      });
      await db.ticket.create({ data: record });
    });
  }

  async find(lookup: string): Promise<TicketRecord | undefined> {
    return (await this.#context.db.ticket.findUnique({ where: { lookup } })) ?? undefined;
  }

  async consume(lookup: string, at: Date): Promise<boolean> {
    const { count } = await this.#context.db.ticket.updateMany({
      where: { lookup, usedAt: null },
      data: { usedAt: at },
    });
    return count === 1;
  }
}
