import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { useAgentFrames } from '../../agents/use-agent-frames.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { EmptyState } from '../../components/empty-state.js';
import { Panel } from '../../components/panel.js';
import { AddEntries } from './add-entries.js';
import { DirectoryTree } from './directory-tree.js';
import { DownloadButton } from './download-button.js';
import { PathView } from './path-view.js';
import { directoryOf, pathFrom, TOP } from './paths.js';
import { contentQuery, workspaceKey } from './workspace-queries.js';
import styles from './workspace.module.css';

/** Tools behind which files may differ. */
const WRITES = new Set(['write_file', 'edit_file', 'exec']);

/** The files of one agent; the address names the one that is open, from the top of the workspace as the API does. */
export function WorkspacePage() {
  const { agentId } = useParams({ from: '/signed-in/agents/$agentId/workspace' });
  const search = useSearch({ from: '/signed-in/agents/$agentId/workspace' });
  const path = pathFrom(search.path ?? '');
  // Read by the panel of what is open; here only whether that is a folder, into which new entries go then.
  const opened = useQuery({ ...contentQuery(useApi(), agentId, path), enabled: false });
  const isFolder = path === TOP || (opened.data !== undefined && 'items' in opened.data.body);
  const navigate = useNavigate();
  const queries = useQueryClient();
  // Directories only: a file that somebody edits here is not pulled away; saving finds the difference.
  const readDirectories = (): void =>
    void queries.invalidateQueries({ queryKey: [...workspaceKey(agentId), 'directory'] });
  useAgentFrames(agentId, {
    onActivity: ({ event }) => {
      if (event.event_type === 'tool_result' && WRITES.has(event.tool_name ?? '')) readDirectories();
    },
  });
  const open = (to: string): void =>
    void navigate({
      to: '/agents/$agentId/workspace',
      params: { agentId },
      search: to === TOP ? {} : { path: to },
    });
  return (
    <div className={styles['page']}>
      <Panel
        title="Files"
        actions={
          <>
            <Button
              kind="quiet"
              size="small"
              icon={<RotateCw aria-hidden="true" />}
              aria-label="Read the directories again"
              onPress={readDirectories}
            />
            <DownloadButton agentId={agentId} path={TOP} folder label="Download all" />
          </>
        }
      >
        <div className="stack">
          <AddEntries agentId={agentId} directory={isFolder ? path : directoryOf(path)} onAdded={open} />
          <DirectoryTree key={agentId} agentId={agentId} open={path} onOpen={open} />
        </div>
      </Panel>
      {path === TOP ? (
        <Panel>
          <EmptyState title="No file is open.">Choose one to read or edit it.</EmptyState>
        </Panel>
      ) : (
        <PathView key={`${agentId} ${path}`} agentId={agentId} path={path} onMoved={open} />
      )}
    </div>
  );
}
