/** Gives a check for the search part of an address: the named words, each optional, as text; anything else is dropped. */
export function textSearch<const N extends string>(
  ...names: readonly N[]
): (search: Record<string, unknown>) => { [K in N]?: string } {
  return (search) => {
    const found: { [K in N]?: string } = {};
    for (const name of names) {
      const value = search[name];
      // The router reads `q=7` as a number.
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        found[name] = String(value);
    }
    return found;
  };
}
