import type { StoreContext } from '../store-context.js';
import type { SettingStore } from './setting-store.js';

/** Run-time settings in the database. */
export class PrismaSettingStore implements SettingStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#context.db.setting.findUnique({ where: { key } }))?.value;
  }

  async set(key: string, value: string): Promise<void> {
    const data = { value, updatedAt: this.#context.now() };
    await this.#context.db.setting.upsert({ where: { key }, create: { key, ...data }, update: data });
  }

  async remove(key: string): Promise<void> {
    await this.#context.db.setting.deleteMany({ where: { key } });
  }
}
