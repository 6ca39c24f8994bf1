import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { InertText } from '../../components/inert-text.js';
import { NameDialog } from './name-dialog.js';
import { directoryOf, nameOf, pathFrom, pathIn, TOP } from './paths.js';
import { workspaceKey } from './workspace-queries.js';

/** Rename, move and delete for one entry. */
export function EntryActions({
  agentId,
  path,
  isFolder,
  onMoved,
}: {
  readonly agentId: string;
  readonly path: string;
  readonly isFolder: boolean;
  /** Hears where the entry is now; the top when it is gone. */
  readonly onMoved: (path: string) => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [open, setOpen] = useState<'rename' | 'move' | 'delete' | undefined>();
  const params = { params: { path: { id: agentId, path } } };
  const finish = async (to: string): Promise<void> => {
    onMoved(to);
    queries.removeQueries({ queryKey: [...workspaceKey(agentId), 'content', path] });
    await queries.invalidateQueries({ queryKey: [...workspaceKey(agentId), 'directory'] });
  };
  return (
    <>
      <Button size="small" kind="quiet" onPress={() => setOpen('rename')}>
        Rename
      </Button>
      <Button size="small" kind="quiet" onPress={() => setOpen('move')}>
        Move
      </Button>
      <Button size="small" kind="danger" onPress={() => setOpen('delete')}>
        Delete
      </Button>
      {open === 'rename' && (
        <NameDialog
          title={`Rename ${isFolder ? 'folder' : 'file'}`}
          label="New name"
          initial={nameOf(path)}
          action="Rename"
          onClose={() => setOpen(undefined)}
          onSubmit={async (name) => {
            unwrap(
              await api.POST('/api/agents/{id}/workspace/{path}/rename', {
                ...params,
                body: { new_name: name },
              }),
            );
            await finish(pathIn(directoryOf(path), name));
          }}
        />
      )}
      {open === 'move' && (
        <NameDialog
          title={`Move ${isFolder ? 'folder' : 'file'}`}
          label="New path in the workspace"
          initial={path}
          action="Move"
          onClose={() => setOpen(undefined)}
          onSubmit={async (written) => {
            const to = pathFrom(written);
            unwrap(
              await api.POST('/api/agents/{id}/workspace/{path}/move', {
                ...params,
                body: { dest_path: to },
              }),
            );
            await finish(to);
          }}
        />
      )}
      <ConfirmDialog
        title={`Delete ${isFolder ? 'this folder' : 'this file'}?`}
        isOpen={open === 'delete'}
        onClose={() => setOpen(undefined)}
        confirmLabel="Delete"
        onConfirm={async () => {
          unwrap(
            await api.DELETE('/api/agents/{id}/workspace/{path}', {
              params: { ...params.params, query: { recursive: isFolder } },
            }),
          );
          await finish(TOP);
        }}
      >
        <p>
          <code>
            <InertText text={path} />
          </code>{' '}
          {isFolder ? 'goes with everything in it.' : 'is removed.'} This cannot be undone.
        </p>
      </ConfirmDialog>
    </>
  );
}
