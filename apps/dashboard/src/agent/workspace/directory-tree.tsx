import { useQuery } from '@tanstack/react-query';
import { ChevronRight, File, FileSymlink, Folder } from 'lucide-react';
import { useState } from 'react';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { pathIn, sizeText } from './paths.js';
import { directoryQuery, type DirectoryEntry } from './workspace-queries.js';
import styles from './workspace.module.css';

/** Entries of one directory that are shown at first; more come on request. */
const PAGE = 200;

interface TreeProps {
  readonly agentId: string;
  readonly path: string;
  /** The path that is open now. */
  readonly open: string;
  readonly onOpen: (path: string) => void;
}

/** A directory with what is in it; directories below are read when they are opened. */
export function DirectoryTree({ agentId, path, open, onOpen }: TreeProps) {
  const [most, setMost] = useState(PAGE);
  const entries = useQuery(directoryQuery(useApi(), agentId, path));
  if (entries.isPending) return <Loading what="the files" rows={path === '' ? 5 : 1} />;
  if (entries.isError) return <FailureNotice error={entries.error} onRetry={() => void entries.refetch()} />;
  if (entries.data.length === 0)
    return <p className="muted">{path === '' ? 'The workspace is empty.' : 'Empty.'}</p>;
  return (
    <ul className={styles['tree']} {...(path === '' ? { 'aria-label': 'Workspace' } : {})}>
      {entries.data.slice(0, most).map((entry) => (
        <TreeRow
          key={entry.name}
          entry={entry}
          agentId={agentId}
          path={pathIn(path, entry.name)}
          open={open}
          onOpen={onOpen}
        />
      ))}
      {entries.data.length > most && (
        <li>
          <Button kind="quiet" size="small" onPress={() => setMost(most * 4)}>
            {`${(entries.data.length - most).toLocaleString('en')} more`}
          </Button>
        </li>
      )}
    </ul>
  );
}

function TreeRow({ entry, path, open, ...rest }: TreeProps & { readonly entry: DirectoryEntry }) {
  const [isExpanded, setExpanded] = useState(() => open.startsWith(`${path}/`));
  const isFolder = entry.type === 'directory';
  const Icon = isFolder ? Folder : entry.type === 'symlink' ? FileSymlink : File;
  return (
    <li>
      <div className={styles['row']} data-open={path === open}>
        {isFolder ? (
          <button
            type="button"
            className={styles['expander']}
            aria-expanded={isExpanded}
            aria-label={isExpanded ? 'Close the folder' : 'Open the folder'}
            onClick={() => setExpanded(!isExpanded)}
          >
            <ChevronRight aria-hidden="true" className={isExpanded ? styles['turned'] : undefined} />
          </button>
        ) : (
          <span className={styles['expander']} />
        )}
        <button
          type="button"
          className={styles['name']}
          {...(path === open ? { 'aria-current': 'true' as const } : {})}
          onClick={() => {
            if (isFolder) setExpanded(true);
            rest.onOpen(path);
          }}
        >
          <Icon aria-hidden="true" />
          <InertText text={entry.name} limit={255} />
        </button>
        {!isFolder && <span className={styles['size']}>{sizeText(entry.size)}</span>}
      </div>
      {isFolder && isExpanded && <DirectoryTree {...rest} path={path} open={open} />}
    </li>
  );
}
