import { ChevronRight, File, FileSymlink, Folder, TriangleAlert } from 'lucide-react';
import type { KeyboardEvent, Ref } from 'react';
import { toFailure } from '../../api/api-failure.js';
import { InertText } from '../../components/inert-text.js';
import { sizeText } from './paths.js';
import type { TreeRow } from './tree-rows.js';
import styles from './workspace.module.css';

/** One row of the tree of files, placed by its list. */
export function TreeRowView({
  ref,
  row,
  index,
  start,
  isOpen,
  isActive,
  onActivate,
  onFocus,
  onExpand,
  onKeyDown,
}: {
  readonly ref: Ref<HTMLDivElement>;
  readonly row: TreeRow;
  readonly index: number;
  readonly start: number;
  readonly isOpen: boolean;
  /** Whether the Tab key comes here. */
  readonly isActive: boolean;
  readonly onActivate: () => void;
  readonly onFocus: () => void;
  readonly onExpand: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}) {
  const isFolder = row.kind === 'entry' && row.entry.type === 'directory';
  return (
    <div
      ref={ref}
      role="treeitem"
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.size}
      aria-selected={isOpen}
      {...(isFolder ? { 'aria-expanded': row.isExpanded } : {})}
      className={styles['row']}
      style={{ transform: `translateY(${start}px)`, paddingInlineStart: `${(row.level - 1) * 0.875}rem` }}
      onClick={onActivate}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
    >
      {isFolder ? (
        <span
          className={styles['expander']}
          onClick={(event) => {
            event.stopPropagation();
            onExpand();
          }}
        >
          <ChevronRight aria-hidden="true" className={row.isExpanded ? styles['turned'] : undefined} />
        </span>
      ) : (
        <span className={styles['expander']} />
      )}
      {row.kind === 'note' ? <Note row={row} /> : <Entry row={row} />}
    </div>
  );
}

function Entry({ row: { entry } }: { readonly row: Extract<TreeRow, { kind: 'entry' }> }) {
  const Icon = entry.type === 'directory' ? Folder : entry.type === 'symlink' ? FileSymlink : File;
  return (
    <>
      <span className={styles['name']}>
        <Icon aria-hidden="true" />
        <InertText text={entry.name} limit={255} />
      </span>
      {entry.type !== 'directory' && <span className={styles['size']}>{sizeText(entry.size)}</span>}
    </>
  );
}

function Note({ row: { text, failed } }: { readonly row: Extract<TreeRow, { kind: 'note' }> }) {
  if (failed === undefined) return <span className={styles['note']}>{text}</span>;
  return (
    <span className={styles['failed']}>
      <TriangleAlert aria-hidden="true" />
      <span>
        {text}: {toFailure(failed).message} Press to try again.
      </span>
    </span>
  );
}
