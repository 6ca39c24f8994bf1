import { useRef, type KeyboardEvent } from 'react';
import { directoryOf } from './paths.js';
import type { TreeRow } from './tree-rows.js';

/** Letters typed within this time are one name. */
const TYPING_MS = 700;

interface TreeActions {
  /** Goes to the row at an index. */
  readonly goTo: (index: number) => void;
  readonly expand: (path: string, isExpanded: boolean) => void;
  readonly activate: (row: TreeRow) => void;
}

/** Gives the keys of a tree as WAI-ARIA describes them: arrows, Home, End, Enter, Space, and the beginning of a name. */
export function useTreeKeys(rows: readonly TreeRow[], { goTo, expand, activate }: TreeActions) {
  const typed = useRef({ text: '', at: 0 });
  const find = (text: string, from: number): number | undefined => {
    for (let step = 0; step < rows.length; step += 1) {
      const index = (from + step) % rows.length;
      const row = rows[index];
      if (row?.kind === 'entry' && row.entry.name.toLowerCase().startsWith(text)) return index;
    }
    return undefined;
  };
  return (event: KeyboardEvent, index: number): void => {
    const row = rows[index];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const isFolder = row.kind === 'entry' && row.entry.type === 'directory';
    const above = rows.findIndex(({ key }) => key === directoryOf(row.key));
    const keys: Readonly<Record<string, () => void>> = {
      ArrowDown: () => goTo(index + 1),
      ArrowUp: () => goTo(index - 1),
      Home: () => goTo(0),
      End: () => goTo(rows.length - 1),
      ArrowRight: () => {
        if (isFolder && row.isExpanded) goTo(index + 1);
        else if (isFolder) expand(row.key, true);
      },
      ArrowLeft: () => {
        if (isFolder && row.isExpanded) expand(row.key, false);
        else if (above >= 0) goTo(above);
      },
      Enter: () => activate(row),
      ' ': () => activate(row),
    };
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (act) {
      typed.current = { text: '', at: 0 };
      act();
    } else if (event.key.length === 1) {
      const { text, at } = typed.current;
      const isOneName = event.timeStamp - at < TYPING_MS;
      typed.current = {
        text: (isOneName ? text : '') + event.key.toLowerCase(),
        at: event.timeStamp,
      };
      const found = find(typed.current.text, isOneName ? index : index + 1);
      if (found !== undefined) goTo(found);
    } else return;
    event.preventDefault();
  };
}
