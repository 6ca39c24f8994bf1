import { useImperativeHandle, useRef, type ReactNode, type Ref } from 'react';
import { FindField } from './find-field.js';
import styles from './searched-list.module.css';
import { useFind } from './use-find.js';
import type { VirtualRowsHandle } from './use-virtual-rows.js';
import { VirtualList } from './virtual-list.js';

/**
 * A long list that grows at its end, under a bar with its search: the browser's own search finds only the rows in view.
 * `className` gives it its height.
 */
export function SearchedList<T>({
  label,
  findLabel,
  items,
  keyOf,
  textOf,
  estimate,
  isBusy = false,
  className = '',
  tools,
  empty,
  ref,
  children,
}: {
  readonly label: string;
  readonly findLabel: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string | number;
  /** What the search looks through. */
  readonly textOf: (item: T) => string;
  /** Height of a row in pixels before it is measured. */
  readonly estimate: number;
  /** Whether rows are still being written. */
  readonly isBusy?: boolean;
  readonly className?: string | undefined;
  /** Stands in the bar before the search. */
  readonly tools?: ReactNode;
  /** Stands in the place of the rows while there is none. */
  readonly empty?: ReactNode;
  readonly ref?: Ref<VirtualRowsHandle>;
  readonly children: (item: T) => ReactNode;
}) {
  const list = useRef<VirtualRowsHandle>(null);
  useImperativeHandle(ref, () => ({
    scrollToEnd: () => list.current?.scrollToEnd(),
    scrollTo: (index) => list.current?.scrollTo(index),
  }));
  const find = useFind({ items, keyOf, textOf, show: (index) => list.current?.scrollTo(index) });
  return (
    <div className={`${styles['frame']} ${className}`}>
      <div className={styles['bar']}>
        {tools}
        <FindField label={findLabel} find={find} />
      </div>
      {items.length === 0 ? (
        empty
      ) : (
        <VirtualList
          ref={list}
          label={label}
          items={items}
          keyOf={keyOf}
          estimate={estimate}
          followsEnd
          foundKey={find.foundKey}
          isBusy={isBusy}
        >
          {children}
        </VirtualList>
      )}
    </div>
  );
}
