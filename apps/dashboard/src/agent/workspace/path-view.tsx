import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { toFailure } from '../../api/api-failure.js';
import { useApi } from '../../app/services.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { Notice } from '../../components/notice.js';
import { Panel } from '../../components/panel.js';
import { DownloadButton } from './download-button.js';
import { EntryActions } from './entry-actions.js';
import { TextFileView, type TextFile } from './text-file-view.js';
import { contentQuery } from './workspace-queries.js';

/** Why a file has no text to show. */
const NO_TEXT: Readonly<Partial<Record<string, string>>> = {
  BINARY_FILE: 'This file is not text.',
  PAYLOAD_TOO_LARGE: 'This file is too large to show.',
};

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
  // The text that is being edited stays, whatever takes its place.
  const [held, setHeld] = useState<{ readonly file: TextFile; readonly etag: string }>();
  const isFolder = content.data !== undefined && 'items' in content.data.body;
  const actions = (
    <>
      <DownloadButton agentId={agentId} path={path} folder={isFolder} label="Download" />
      <EntryActions agentId={agentId} path={path} isFolder={isFolder} onMoved={onMoved} />
    </>
  );
  const textFile = (file: TextFile, etag: string) => (
    <TextFileView
      agentId={agentId}
      path={path}
      file={file}
      etag={etag}
      actions={actions}
      failure={
        content.isError && <FailureNotice error={content.error} onRetry={() => void content.refetch()} />
      }
      onEditing={(isEditing) => setHeld(isEditing ? { file, etag } : undefined)}
      onReload={() => content.refetch().then(() => undefined)}
    />
  );
  if (held) return textFile(held.file, held.etag);
  if (content.data === undefined && !content.isError)
    return (
      <Panel title={<InertText text={path} />}>
        <Loading what="the file" rows={6} />
      </Panel>
    );
  const code = content.isError ? toFailure(content.error).code : undefined;
  const noText = code !== undefined && NO_TEXT[code];
  if (content.data === undefined || noText) {
    return (
      <Panel title={<InertText text={path} />} actions={code === 'NOT_FOUND' ? undefined : actions}>
        {noText ? (
          <Notice tone="info" title={noText}>
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
  return textFile(body, etag);
}
