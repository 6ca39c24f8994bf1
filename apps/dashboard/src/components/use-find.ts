import { useState } from 'react';

/** A search in a list, see {@link useFind}. */
export interface Find {
  readonly query: string;
  readonly setQuery: (query: string) => void;
  /** How many rows hold the text. */
  readonly count: number;
  /** Which of them it stands at, from 1; 0 for none. */
  readonly position: number;
  /** Key of the row it stands at. */
  readonly foundKey: string | number | undefined;
  /** Goes to the match before or after. */
  readonly step: (by: -1 | 1) => void;
}

interface FindOptions<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string | number;
  readonly textOf: (item: T) => string;
  /** Brings a row into view. */
  readonly show: (index: number) => void;
}

/**
 * Searches a list of which the browser's own search sees only the rows in view. Upper and lower case are alike. A new
 * text starts at the last match, because these lists are read from their end.
 */
export function useFind<T>({ items, keyOf, textOf, show }: FindOptions<T>): Find {
  const [query, setQuery] = useState('');
  const [foundKey, setFoundKey] = useState<string | number>();
  const matches = matchesOf(items, query, textOf);
  const at = matches.findIndex((index) => keyOf(items[index] as T) === foundKey);
  const go = (index: number | undefined): void => {
    setFoundKey(index === undefined ? undefined : keyOf(items[index] as T));
    if (index !== undefined) show(index);
  };
  return {
    query,
    setQuery: (text) => {
      setQuery(text);
      go(matchesOf(items, text, textOf).at(-1));
    },
    count: matches.length,
    position: at + 1,
    foundKey: at < 0 ? undefined : foundKey,
    step: (by) => go(matches.at(at < 0 ? -1 : (at + by) % matches.length)),
  };
}

function matchesOf<T>(items: readonly T[], query: string, textOf: (item: T) => string): readonly number[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [];
  return items.flatMap((item, index) => (textOf(item).toLowerCase().includes(wanted) ? [index] : []));
}
