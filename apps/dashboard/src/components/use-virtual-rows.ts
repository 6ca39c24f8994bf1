import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, type Ref } from 'react';

/** Within this distance of the end, what is added keeps the end in view. */
const NEAR_END_PX = 80;

/** What a page may ask of a list of which it shows a part. */
export interface VirtualRowsHandle {
  /** Goes to the end and stays there while rows are added. */
  readonly scrollToEnd: () => void;
  /** Brings a row into the middle of the view. */
  readonly scrollTo: (index: number) => void;
}

/** How the rows of a list are told apart and placed. */
export interface VirtualRowsOptions {
  readonly count: number;
  readonly keyOf: (index: number) => string | number;
  /** Height of a row in pixels before it is measured. */
  readonly estimate: number;
  /** Opens at the end, and stays there while rows are added unless the person has scrolled away. */
  readonly followsEnd: boolean;
  /** A row that exists wherever it is: the one to which the Tab key goes. */
  readonly keptKey?: string | number | undefined;
  readonly onEndReached?: (() => void) | undefined;
  readonly ref?: Ref<VirtualRowsHandle> | undefined;
}

/**
 * Gives the rows of a scroller that are in view or near it; they measure themselves. What the person looks at stays in its
 * place when rows above it are added, removed or measured. The row that has the keyboard's focus exists wherever it is.
 */
export function useVirtualRows({
  count,
  keyOf,
  estimate,
  followsEnd,
  keptKey,
  onEndReached,
  ref,
}: VirtualRowsOptions) {
  const scroller = useRef<HTMLDivElement>(null);
  const focused = useRef<string | number | undefined>(undefined);
  const atEnd = useRef(followsEnd);
  const lastTop = useRef(0);
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimate,
    overscan: 12,
    getItemKey: keyOf,
    anchorTo: followsEnd ? 'end' : 'start',
    scrollEndThreshold: NEAR_END_PX,
    rangeExtractor: (range) => {
      const indexes = new Set(defaultRangeExtractor(range));
      for (const key of [focused.current, keptKey]) {
        const index = key === undefined ? -1 : indexOfKey(key, count, keyOf);
        if (index >= 0) indexes.add(index);
      }
      return [...indexes].sort((a, b) => a - b);
    },
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (onEndReached && last && last.index >= count - 5) onEndReached();
    },
  });
  const lastKey = count === 0 ? undefined : keyOf(count - 1);
  const height = virtualizer.getTotalSize();
  useLayoutEffect(() => {
    if (followsEnd && atEnd.current && count > 0) virtualizer.scrollToEnd();
  }, [virtualizer, followsEnd, count, lastKey, height]);
  // Going away upwards is what ends following; that the content grew is not.
  useEffect(() => {
    const element = scroller.current;
    if (!element || !followsEnd) return undefined;
    const hear = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX) atEnd.current = true;
      else if (scrollTop < lastTop.current) atEnd.current = false;
      lastTop.current = scrollTop;
    };
    element.addEventListener('scroll', hear, { passive: true });
    return () => element.removeEventListener('scroll', hear);
  }, [followsEnd]);
  useImperativeHandle(
    ref,
    () => ({
      scrollToEnd: () => {
        atEnd.current = true;
        virtualizer.scrollToEnd();
      },
      scrollTo: (index) => {
        atEnd.current = false;
        virtualizer.scrollToIndex(index, { align: 'center' });
      },
    }),
    [virtualizer],
  );
  return {
    scroller,
    virtualizer,
    /** For each row: keeps it while it has the focus. */
    focusProps: (key: string | number) => ({
      onFocus: () => void (focused.current = key),
      onBlur: () => void (focused.current = undefined),
    }),
  };
}

function indexOfKey(key: string | number, count: number, keyOf: (index: number) => string | number): number {
  for (let index = 0; index < count; index += 1) if (keyOf(index) === key) return index;
  return -1;
}
