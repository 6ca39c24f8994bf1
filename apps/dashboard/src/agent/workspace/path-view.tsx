import { useQuery } from '@tanstack/react-query';
import { toFailure } from '../../api/api-failure.js';
import { useApi } from '../../app/services.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { Notice } from '../../components/notice.js';
import { Panel } from '../../components/panel.js';
import { DownloadButton } from './download-button.js';
import { EntryActions } from './entry-actions.js';
import { TextFileView } from './text-file-view.js';
import { contentQuery } from './workspace-queries.js';

/** What stands at a path, with what can be done to it. */
export function PathView({
  agentId,
  path,
  onMoved,
}: {
  readonly agentId: string;
  readonly path: string;
  readonly onMoved: (path: string) => void;
}) {
  const content = useQuery({
    ...contentQuery(useApi(), agentId, path),
    // A file does not change under the reader's hands; saving compares versions.
    refetchOnWindowFocus: false,
    retry: false,
  });
  const isFolder = content.data !== undefined && 'items' in content.data.body;
  const actions = (
    <>
      <DownloadButton agentId={agentId} path={path} folder={isFolder} label="Download" />
      <EntryActions agentId={agentId} path={path} isFolder={isFolder} onMoved={onMoved} />
    </>
  );
  if (content.data === undefined && !content.isError)
    return (
      <Panel title={<InertText text={path} />}>
        <Loading what="the file" rows={6} />
      </Panel>
    );
  if (content.data === undefined) {
    const { code } = toFailure(content.error);
    return (
      <Panel title={<InertText text={path} />} actions={code === 'NOT_FOUND' ? undefined : actions}>
        {code === 'BINARY_FILE' || code === 'PAYLOAD_TOO_LARGE' ? (
          <Notice
            tone="info"
            title={code === 'BINARY_FILE' ? 'This file is not text.' : 'This file is too large to show.'}
          >
            <p>Download it to look at it. It is never opened here.</p>
          </Notice>
        ) : (
          <FailureNotice error={content.error} onRetry={() => void content.refetch()} />
        )}
      </Panel>
    );
  }
  const { body, etag } = content.data;
  if ('items' in body) {
    return (
      <Panel title={<InertText text={`${path}/`} />} actions={actions}>
        <p className="muted">
          {body.items.length === 0
            ? 'This folder is empty.'
            : `A folder with ${body.truncated ? 'more than ' : ''}${body.items.length.toLocaleString('en')} ${body.items.length === 1 ? 'entry' : 'entries'}.`}
        </p>
      </Panel>
    );
  }
  return (
    <TextFileView
      agentId={agentId}
      path={path}
      file={body}
      etag={etag}
      actions={actions}
      // The text stays: somebody may be editing it.
      failure={
        content.isError && <FailureNotice error={content.error} onRetry={() => void content.refetch()} />
      }
      onReload={() => content.refetch().then(() => undefined)}
    />
  );
}
