import type { AdminClient } from './admin-client.js';
import type { PageShape } from './shapes.js';

/** Gives every item of a list, page by page. */
export async function allPages<T>(client: AdminClient, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = (await client.call(
      'GET',
      `${path}?limit=200${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )) as PageShape<T>;
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return items;
}
