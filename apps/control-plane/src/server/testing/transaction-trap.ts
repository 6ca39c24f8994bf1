import { AsyncLocalStorage } from 'node:async_hooks';
import type { Storage, Stores } from '../../storage/storage.js';

/**
 * Gives the storage with a trap: whoever uses an outer store inside a transaction is written to `caught`. On SQLite such a
 * call waits for the transaction that waits for it.
 */
export function withTransactionTrap(storage: Storage, caught: string[]): Storage {
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const watched = (owner: object, path: string): object =>
    new Proxy(owner, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        const at = `${path}${String(name)}`;
        if (typeof value === 'object' && value !== null) return watched(value, `${at}.`);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          // Work that was only begun inside, such as a timer, is free when the transaction has ended.
          if (inside.getStore()?.open) caught.push(at);
          const call = value as (...given: unknown[]) => unknown;
          if (at !== 'transaction') return call.apply(target, args);
          const work = args[0] as (stores: Stores) => Promise<unknown>;
          return call.call(target, (stores: Stores) => {
            const transaction = { open: true };
            return inside.run(transaction, () => work(stores)).finally(() => (transaction.open = false));
          });
        };
      },
    });
  return watched(storage, '') as Storage;
}
