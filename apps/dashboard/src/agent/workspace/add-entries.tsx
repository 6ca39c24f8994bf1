import { useQueryClient } from '@tanstack/react-query';
import { FilePlus, FolderPlus, Upload } from 'lucide-react';
import { useState } from 'react';
import { DropZone, FileTrigger, type DropZoneProps } from 'react-aria-components';
import { unwrap } from '../../api/api-client.js';
import { checkBody } from '../../api/check-request.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { InertText } from '../../components/inert-text.js';
import { NameDialog } from './name-dialog.js';
import { pathIn } from './paths.js';
import { UploadList } from './upload-list.js';
import { useUploads } from './use-uploads.js';
import { workspaceKey } from './workspace-queries.js';
import styles from './workspace.module.css';

type DropEvent = Parameters<NonNullable<DropZoneProps['onDrop']>>[0];

/** New files, new folders and uploads into one directory; files may also be dropped here. */
export function AddEntries({
  agentId,
  directory,
  onAdded,
}: {
  readonly agentId: string;
  readonly directory: string;
  readonly onAdded: (path: string) => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [asks, setAsks] = useState<'file' | 'folder' | undefined>();
  const { uploads, upload, dismiss } = useUploads(agentId);
  const refresh = (): Promise<void> =>
    queries.invalidateQueries({ queryKey: [...workspaceKey(agentId), 'directory'] });
  const add = async (name: string): Promise<void> => {
    // A new name is what a rename would give: the document says what it may be there.
    checkBody('POST /api/agents/{id}/workspace/{path}/rename', { new_name: name });
    const path = pathIn(directory, name);
    const params = { path: { id: agentId, path } };
    unwrap(
      asks === 'folder'
        ? await api.POST('/api/agents/{id}/workspace-folder/{path}', { params })
        : await api.PUT('/api/agents/{id}/workspace/{path}', {
            params,
            headers: { 'if-none-match': '*' },
            body: { content: '' },
          }),
    );
    await refresh();
    if (asks === 'file') onAdded(path);
  };
  const drop = async ({ items }: DropEvent): Promise<void> => {
    const files = await Promise.all(
      items.filter((item) => item.kind === 'file').map((item) => item.getFile()),
    );
    upload(directory, files);
  };
  return (
    <>
      <DropZone
        className={styles['drop'] ?? ''}
        onDrop={(event) => void drop(event)}
        aria-label="Drop files here"
      >
        <span className={styles['target']}>
          into{' '}
          <code>
            <InertText text={`${directory}/`} />
          </code>
        </span>
        <span className="row">
          <Button size="small" icon={<FilePlus aria-hidden="true" />} onPress={() => setAsks('file')}>
            New file
          </Button>
          <Button size="small" icon={<FolderPlus aria-hidden="true" />} onPress={() => setAsks('folder')}>
            New folder
          </Button>
          <FileTrigger allowsMultiple onSelect={(files) => upload(directory, [...(files ?? [])])}>
            <Button size="small" icon={<Upload aria-hidden="true" />}>
              Upload
            </Button>
          </FileTrigger>
        </span>
      </DropZone>
      <UploadList
        uploads={uploads}
        onDismiss={dismiss}
        onReplace={(one) => upload(one.directory, [one.file], true)}
      />
      {asks !== undefined && (
        <NameDialog
          title={asks === 'file' ? 'New file' : 'New folder'}
          label="Name"
          initial=""
          action="Create"
          onClose={() => setAsks(undefined)}
          onSubmit={add}
        />
      )}
    </>
  );
}
