import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactNode } from 'react';
import styles from './virtual-list.module.css';

/**
 * A list of which only the visible rows exist in the page; rows measure themselves. Screen readers hear the full count.
 * It scrolls by itself and takes the height that its surroundings give, or `maxHeight`.
 */
export function VirtualList<T>({
  label,
  items,
  keyOf,
  estimate = 40,
  maxHeight,
  onEndReached,
  children,
}: {
  readonly label: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string | number;
  /** Height of a row in pixels before it is measured. */
  readonly estimate?: number;
  /** CSS length, for example `60dvh`. */
  readonly maxHeight?: string;
  /** Called when the last rows come into sight. */
  readonly onEndReached?: () => void;
  readonly children: (item: T, index: number) => ReactNode;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimate,
    overscan: 12,
    getItemKey: (index) => keyOf(items[index] as T),
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (onEndReached && last && last.index >= items.length - 5) onEndReached();
    },
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
      <div role="list" className={styles['rows']} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => (
          <div
            key={row.key}
            ref={virtualizer.measureElement}
            data-index={row.index}
            role="listitem"
            aria-posinset={row.index + 1}
            aria-setsize={items.length}
            className={styles['row']}
            style={{ transform: `translateY(${row.start}px)` }}
          >
            {children(items[row.index] as T, row.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
