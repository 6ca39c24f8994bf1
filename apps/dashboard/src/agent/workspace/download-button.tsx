import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { unwrap } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { saveFile } from '../../components/save-file.js';
import { nameOf } from './paths.js';

/** Saves a file, or a folder as a ZIP file, on the person's computer; nothing of it is opened by the page. */
export function DownloadButton({
  agentId,
  path,
  folder,
  label,
}: {
  readonly agentId: string;
  readonly path: string;
  readonly folder: boolean;
  readonly label: string;
}) {
  const api = useApi();
  const download = useMutation({
    mutationFn: async () => {
      const blob = unwrap(
        folder
          ? await api.GET('/api/agents/{id}/workspace-download/{folder}', {
              params: { path: { id: agentId, folder: path } },
              parseAs: 'blob',
            })
          : await api.GET('/api/agents/{id}/workspace/{path}', {
              params: { path: { id: agentId, path }, query: { download: true } },
              parseAs: 'blob',
            }),
      );
      saveFile(blob, folder ? `${nameOf(path)}.zip` : nameOf(path));
    },
  });
  return (
    <>
      <Button
        kind="quiet"
        size="small"
        icon={<Download aria-hidden="true" />}
        isPending={download.isPending}
        onPress={() => download.mutate()}
      >
        {label}
      </Button>
      {download.isError && <FailureNotice error={download.error} />}
    </>
  );
}
