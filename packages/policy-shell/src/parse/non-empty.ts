/** A list with a first element. */
export type NonEmpty<Item> = readonly [Item, ...Item[]];

/** Whether a list has a first element; says so to the compiler without copying the list. */
export function isNonEmpty<Item>(list: readonly Item[]): list is NonEmpty<Item> {
  return list.length > 0;
}
