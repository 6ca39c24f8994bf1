/** Gives a check for the search part of an address: the named words, each optional, as text; anything else is dropped. */
export function textSearch<const N extends string>(
  ...names: readonly N[]
): (search: Record<string, unknown>) => { [K in N]?: string } {
  return (search) => {
    const found: { [K in N]?: string } = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === 'string') found[name] = value;
    }
    return found;
  };
}

/** Reads the search part of an address as plain text; the router's own way would take `q=7` for a number. */
export function readSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** Writes the search part of an address, without what is not set. */
export function writeSearch(search: Record<string, unknown>): string {
  const words = Object.entries(search).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  return words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
}
