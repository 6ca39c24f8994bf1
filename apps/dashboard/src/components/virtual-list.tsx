import type { ReactNode, Ref } from 'react';
import { useVirtualRows, type VirtualRowsHandle } from './use-virtual-rows.js';
import styles from './virtual-list.module.css';

/**
 * A list of which only the rows in view exist in the page; rows measure themselves. Screen readers hear the full count.
 * It scrolls by itself and takes the height that its surroundings give, or `maxHeight`.
 */
export function VirtualList<T>({
  label,
  items,
  keyOf,
  estimate = 40,
  maxHeight,
  followsEnd = false,
  foundKey,
  isBusy = false,
  onEndReached,
  ref,
  children,
}: {
  readonly label: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string | number;
  /** Height of a row in pixels before it is measured. */
  readonly estimate?: number;
  /** CSS length, for example `60dvh`. */
  readonly maxHeight?: string;
  /** For what grows at its end: opens there, and stays there until the person scrolls away. */
  readonly followsEnd?: boolean;
  /** The row that a search stands at, which is marked. */
  readonly foundKey?: string | number | undefined;
  /** Whether rows are still being written. */
  readonly isBusy?: boolean;
  /** Called when the last rows come into sight. */
  readonly onEndReached?: () => void;
  readonly ref?: Ref<VirtualRowsHandle>;
  readonly children: (item: T, index: number) => ReactNode;
}) {
  const { scroller, virtualizer, focusProps } = useVirtualRows({
    count: items.length,
    keyOf: (index) => keyOf(items[index] as T),
    estimate,
    followsEnd,
    onEndReached,
    ref,
  });
  return (
    // Scrolled with the keyboard, so it takes the focus (WCAG 2.1.1).
    <div
      ref={scroller}
      className={styles['scroller']}
      tabIndex={0}
      role="group"
      aria-label={label}
      style={{ maxHeight }}
    >
      <div
        role="list"
        aria-busy={isBusy}
        className={styles['rows']}
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map((row) => (
          <div
            key={row.key}
            ref={virtualizer.measureElement}
            data-index={row.index}
            role="listitem"
            aria-posinset={row.index + 1}
            aria-setsize={items.length}
            {...(foundKey === row.key ? { 'data-found': true, 'aria-current': true } : {})}
            className={styles['row']}
            style={{ transform: `translateY(${row.start}px)` }}
            {...focusProps(row.key as string | number)}
          >
            {children(items[row.index] as T, row.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
