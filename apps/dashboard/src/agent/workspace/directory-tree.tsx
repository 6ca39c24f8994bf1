import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useApi } from '../../app/services.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { useVirtualRows } from '../../components/use-virtual-rows.js';
import { TOP } from './paths.js';
import { directoriesAbove, treeRows, type DirectoryState, type TreeRow } from './tree-rows.js';
import { TreeRowView } from './tree-row-view.js';
import { useTreeKeys } from './use-tree-keys.js';
import { directoryQuery } from './workspace-queries.js';
import styles from './workspace.module.css';

/**
 * The files of an agent as a tree. Directories are read when they are opened, and only the rows in view exist in the page.
 */
export function DirectoryTree({
  agentId,
  open,
  onOpen,
}: {
  readonly agentId: string;
  /** The path that is open now. */
  readonly open: string;
  readonly onOpen: (path: string) => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(() => new Set(directoriesAbove(open)));
  const [lastOpen, setLastOpen] = useState(open);
  if (open !== lastOpen) {
    setLastOpen(open);
    setExpanded(new Set([...expanded, ...directoriesAbove(open)]));
  }
  const directories = [TOP, ...expanded];
  const results = useQueries({
    queries: directories.map((directory) => directoryQuery(api, agentId, directory)),
  });
  const stateOf = (directory: string): DirectoryState => {
    const result = results[directories.indexOf(directory)];
    if (result?.data) return { kind: 'listed', listing: result.data };
    return result?.isError ? { kind: 'failed', error: result.error } : { kind: 'loading' };
  };
  const top = stateOf(TOP);
  const readAgain = (directory: string): void =>
    void queries.refetchQueries({ queryKey: directoryQuery(api, agentId, directory).queryKey });
  if (top.kind === 'loading') return <Loading what="the files" rows={5} />;
  if (top.kind === 'failed') return <FailureNotice error={top.error} onRetry={() => readAgain(TOP)} />;
  if (top.listing.entries.length === 0) return <p className="muted">The workspace is empty.</p>;
  return (
    <TreeRows
      rows={treeRows(stateOf, expanded)}
      open={open}
      onOpen={onOpen}
      onReadAgain={readAgain}
      onExpand={(path, isExpanded) =>
        setExpanded((known) =>
          isExpanded ? new Set([...known, path]) : new Set([...known].filter((one) => one !== path)),
        )
      }
    />
  );
}

function TreeRows({
  rows,
  open,
  onOpen,
  onExpand,
  onReadAgain,
}: {
  readonly rows: readonly TreeRow[];
  readonly open: string;
  readonly onOpen: (path: string) => void;
  readonly onExpand: (path: string, isExpanded: boolean) => void;
  readonly onReadAgain: (directory: string) => void;
}) {
  const [active, setActive] = useState<string>();
  const wantsFocus = useRef(false);
  const indexOf = (key: string | undefined): number => rows.findIndex((row) => row.key === key);
  const openIndex = indexOf(open);
  // One row takes the focus of the Tab key: where one was, else what is open, else the first.
  const activeIndex = Math.max(indexOf(active) < 0 ? openIndex : indexOf(active), 0);
  const { scroller, virtualizer } = useVirtualRows({
    count: rows.length,
    keyOf: (index) => rows[index]?.key ?? index,
    estimate: 28,
    followsEnd: false,
    keptKey: rows[activeIndex]?.key,
  });
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (openIndex < 0 || shown.current === open) return;
    shown.current = open;
    virtualizer.scrollToIndex(openIndex);
  }, [virtualizer, open, openIndex]);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    virtualizer.scrollToIndex(activeIndex);
    scroller.current
      ?.querySelector<HTMLElement>(`[data-index="${activeIndex}"]`)
      ?.focus({ preventScroll: true });
  });
  const activate = (row: TreeRow): void => {
    setActive(row.key);
    if (row.kind === 'note') {
      if (row.failed !== undefined) onReadAgain(row.key.slice(0, -1));
      return;
    }
    if (row.entry.type === 'directory') onExpand(row.key, row.key !== open || !row.isExpanded);
    onOpen(row.key);
  };
  const onKey = useTreeKeys(rows, {
    goTo: (index) => {
      const row = rows[Math.min(Math.max(index, 0), rows.length - 1)];
      if (!row) return;
      wantsFocus.current = true;
      setActive(row.key);
    },
    expand: onExpand,
    activate,
  });
  return (
    <div ref={scroller} role="tree" aria-label="Workspace" className={styles['tree']}>
      <div role="presentation" className={styles['treeRows']} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index];
          return (
            row && (
              <TreeRowView
                key={key}
                ref={virtualizer.measureElement}
                row={row}
                index={index}
                start={start}
                isOpen={row.key === open}
                isActive={index === activeIndex}
                onActivate={() => activate(row)}
                onFocus={() => setActive(row.key)}
                onExpand={() => onExpand(row.key, row.kind === 'entry' && !row.isExpanded)}
                onKeyDown={(event) => onKey(event, index)}
              />
            )
          );
        })}
      </div>
    </div>
  );
}
