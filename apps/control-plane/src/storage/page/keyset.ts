import type { StoreContext } from '../store-context.js';
import { pageLimit, type Page, type PageRequest } from './page.js';

interface Dated {
  readonly id: string;
  readonly createdAt: Date;
}

interface DateKeyset {
  readonly take: number;
  readonly orderBy: [{ createdAt: 'desc' }, { id: 'desc' }];
  readonly after: object;
}

/** Reads one page of a list that is ordered by creation, newest first; ties are broken by id, so no row is seen twice. */
export async function pageByDate<Row extends Dated, Item>(
  context: StoreContext,
  scope: string,
  request: PageRequest,
  query: (keyset: DateKeyset) => Promise<Row[]>,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const limit = pageLimit(request.limit);
  const rows = await query({
    take: limit + 1,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    after: request.cursor === undefined ? {} : before(context.cursors.decode(scope, request.cursor)),
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(toItem),
    ...(rows.length > limit && last !== undefined
      ? { next_cursor: context.cursors.encode(scope, [last.createdAt.getTime(), last.id]) }
      : {}),
  };
}

function before([time, id]: readonly (string | number)[]): object {
  const createdAt = new Date(Number(time));
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: String(id) } }] };
}

/** Reads one page of a list that is ordered by a number, highest first. */
export async function pageByNumber<Row, Item>(
  context: StoreContext,
  scope: string,
  request: PageRequest,
  query: (keyset: { readonly take: number; readonly below: bigint | undefined }) => Promise<Row[]>,
  numberOf: (row: Row) => bigint,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const limit = pageLimit(request.limit);
  const position = request.cursor === undefined ? [] : context.cursors.decode(scope, request.cursor);
  const rows = await query({
    take: limit + 1,
    below: position[0] === undefined ? undefined : BigInt(position[0]),
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(toItem),
    ...(rows.length > limit && last !== undefined
      ? { next_cursor: context.cursors.encode(scope, [numberOf(last).toString()]) }
      : {}),
  };
}
