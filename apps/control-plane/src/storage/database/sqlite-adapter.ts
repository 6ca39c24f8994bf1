import { pathToFileURL } from 'node:url';
import { createClient, type Client, type Config, type InStatement, type Transaction } from '@libsql/client';
import { PrismaLibSql } from '@prisma/adapter-libsql';

/**
 * Gives an adapter factory for one SQLite file that keeps to ONE connection. The client as it comes opens a new connection
 * after every interactive transaction (losing the pragmas set at open and leaving the old one to the garbage collector)
 * and begins deferred, so that "read, then write" fails with SQLITE_BUSY (TOOLING section 3, point 8). The adapter holds
 * its own mutex for the length of a transaction, therefore one connection is enough.
 */
export function sqliteAdapter(file: string): PrismaLibSql {
  return new SingleConnectionLibSql({ url: pathToFileURL(file).href });
}

class SingleConnectionLibSql extends PrismaLibSql {
  override createClient(config: Config): Client {
    const client = createClient({ ...config, timeout: BUSY_TIMEOUT_MS });
    return new Proxy(client, {
      get(target, property) {
        if (property === 'transaction') return () => beginImmediate(target);
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}

/** Short, because SQLite waits synchronously and stops the event loop; longer waits are retries of `withRetry`. */
const BUSY_TIMEOUT_MS = 100;

async function beginImmediate(client: Client): Promise<Transaction> {
  await client.execute('BEGIN IMMEDIATE');
  let closed = false;
  const rollback = async (): Promise<void> => {
    closed = true;
    await client.execute('ROLLBACK');
  };
  return {
    execute: (statement: InStatement) => client.execute(statement),
    batch: () => Promise.reject(new Error('batch is not used inside a transaction')),
    executeMultiple: () => Promise.reject(new Error('executeMultiple is not used inside a transaction')),
    rollback,
    async commit() {
      try {
        await client.execute('COMMIT');
        closed = true;
      } catch (error) {
        // The connection is shared with everything that follows, so it must not stay inside a transaction.
        await rollback().catch(() => undefined);
        throw error;
      }
    },
    close: () => undefined,
    get closed() {
      return closed;
    },
  };
}
