import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { toFailure } from '../../api/api-failure.js';
import { unwrapVersioned } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Markdown } from '../../components/markdown.js';
import { Notice } from '../../components/notice.js';
import { Panel } from '../../components/panel.js';
import { TextField } from '../../components/text-field.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import { ConflictView } from './conflict-view.js';
import { boxText, withLineEndsOf } from './line-ends.js';
import { sizeText } from './paths.js';
import { contentQuery, workspaceKey } from './workspace-queries.js';
import styles from './workspace.module.css';

/** A file as the server gave it. */
export interface TextFile {
  readonly content: string;
  readonly size: number;
  readonly truncated: boolean;
}

/** Largest text that is edited here; anything longer is read only. */
const EDIT_LIMIT = 1024 * 1024;

/** Something else stands there than what was read; a folder, or a file where none was, answers the second. */
const CONFLICTS = new Set(['PRECONDITION_FAILED', 'CONFLICT']);

/** A text file: read it, edit it, and save it only over the version that was read. */
export function TextFileView({
  agentId,
  path,
  file,
  etag,
  actions,
  failure,
  onEditing,
  onReload,
}: {
  readonly agentId: string;
  readonly path: string;
  readonly file: TextFile;
  readonly etag: string;
  readonly actions: ReactNode;
  /** Why the file could not be read again, if it could not. */
  readonly failure: ReactNode;
  /** Hears when an edit begins and ends. */
  readonly onEditing: (isEditing: boolean) => void;
  readonly onReload: () => Promise<void>;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<string | undefined>();
  // The file as it was when the edit began: it may be read again meanwhile.
  const [base, setBase] = useState({ content: file.content, etag });
  const [isRendered, setRendered] = useState(false);
  const edit = (text: string | undefined): void => {
    setDraft(text);
    onEditing(text !== undefined);
  };
  const isMarkdown = /\.(md|markdown)$/i.test(path);

  const save = useMutation({
    mutationFn: async ({ text, over }: { text: string; over: string | undefined }) =>
      unwrapVersioned(
        await api.PUT('/api/agents/{id}/workspace/{path}', {
          params: { path: { id: agentId, path } },
          headers: over === undefined ? { 'if-none-match': '*' } : { 'if-match': over },
          body: { content: text },
        }),
      ),
    onSuccess: ({ etag: saved }, { text }) => {
      const size = new TextEncoder().encode(text).length;
      queries.setQueryData(contentQuery(api, agentId, path).queryKey, {
        body: { path, content: text, size, truncated: false },
        etag: saved,
      });
      // What was typed while the answer was on its way is an edit of what is saved now.
      if (text === edited) edit(undefined);
      else setBase({ content: text, etag: saved });
      void queries.invalidateQueries({ queryKey: [...workspaceKey(agentId), 'directory'] });
    },
  });
  const conflict = save.isError && CONFLICTS.has(toFailure(save.error).code);
  const isEditing = draft !== undefined;
  const edited = isEditing ? withLineEndsOf(base.content, draft) : '';
  const canEdit = !file.truncated && file.size <= EDIT_LIMIT;
  return (
    <Panel
      title={<InertText text={path} />}
      note={`${sizeText(file.size)}${file.truncated ? ' · only the beginning is shown' : ''}`}
      actions={
        isEditing ? (
          <>
            <Button
              size="small"
              onPress={() => {
                edit(undefined);
                save.reset();
              }}
            >
              Discard changes
            </Button>
            <Button
              kind="primary"
              size="small"
              isPending={save.isPending}
              isDisabled={edited === base.content && !conflict}
              onPress={() => save.mutate({ text: edited, over: base.etag })}
            >
              Save
            </Button>
          </>
        ) : (
          <>
            {isMarkdown && (
              <Button size="small" kind="quiet" onPress={() => setRendered(!isRendered)}>
                {isRendered ? 'Show the text' : 'Show formatted'}
              </Button>
            )}
            {canEdit && (
              <Button
                size="small"
                onPress={() => {
                  setBase({ content: file.content, etag });
                  edit(boxText(file.content));
                }}
              >
                Edit
              </Button>
            )}
            {actions}
          </>
        )
      }
    >
      <UnsavedGuard isDirty={isEditing && edited !== base.content} what="this file" />
      <div className="stack">
        {failure}
        {!canEdit && (
          <Notice tone="info" title="This file is too large to edit here.">
            <p>Download it, change it, and upload it again.</p>
          </Notice>
        )}
        {conflict && isEditing && (
          <ConflictView
            agentId={agentId}
            path={path}
            mine={edited}
            onOverwrite={(over) => save.mutate({ text: edited, over })}
            onTakeTheirs={() => {
              save.reset();
              edit(undefined);
              void onReload();
            }}
          />
        )}
        {save.isError && !conflict && <FailureNotice error={save.error} />}
        {isEditing ? (
          <div className={styles['editor']}>
            <TextField
              label="Content"
              code
              rows={24}
              value={draft}
              onChange={setDraft}
              spellCheck="false"
              autoFocus
            />
          </div>
        ) : isRendered ? (
          <Markdown text={file.content} />
        ) : file.content === '' ? (
          <p className="muted">This file is empty.</p>
        ) : (
          <InertText block text={file.content} limit={200_000} />
        )}
      </div>
    </Panel>
  );
}
