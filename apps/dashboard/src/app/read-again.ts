import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Reads what is shown of these queries again, since it may be old, and the rest when it is shown next. One whose first
 * answer is still on its way is read once more behind it: that answer may be older than what has happened.
 */
export async function readAgain(queries: QueryClient, queryKey: QueryKey, exact = false): Promise<void> {
  const early = new Set(
    queries
      .getQueryCache()
      .findAll({ queryKey, exact, fetchStatus: 'fetching' })
      .filter(({ state }) => state.data === undefined),
  );
  await queries.invalidateQueries({ queryKey, exact });
  if (early.size > 0) await queries.invalidateQueries({ predicate: (query) => early.has(query) });
}
