import { useQuery } from '@tanstack/react-query';
import { toFailure } from '../../api/api-failure.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { Notice } from '../../components/notice.js';
import { changedLines } from './changed-lines.js';
import { contentQuery } from './workspace-queries.js';
import styles from './workspace.module.css';

/** What became of the file when there is no other text to compare with, by the code of the answer. */
const NO_TEXT: Readonly<Partial<Record<string, string>>> = {
  NOT_FOUND: 'The file was removed while you were editing.',
  BINARY_FILE: 'The file was made something else than text while you were editing.',
  PAYLOAD_TOO_LARGE: 'The file became too large to show while you were editing.',
};

/** The file changed since it was read: shows where the two differ, and lets the person choose. Nothing is lost by itself. */
export function ConflictView({
  agentId,
  path,
  mine,
  onOverwrite,
  onTakeTheirs,
}: {
  readonly agentId: string;
  readonly path: string;
  readonly mine: string;
  /** Saves over the version that is shown as theirs; undefined where there is no file any more. */
  readonly onOverwrite: (etag: string | undefined) => void;
  readonly onTakeTheirs: () => void;
}) {
  const query = contentQuery(useApi(), agentId, path);
  const theirs = useQuery({
    ...query,
    queryKey: [...query.queryKey, 'conflict'],
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  if (theirs.isPending) return <Loading what="the other version" />;
  const code = theirs.isError ? toFailure(theirs.error).code : undefined;
  const noText =
    theirs.data && 'items' in theirs.data.body
      ? 'A folder took the place of the file while you were editing.'
      : code !== undefined && NO_TEXT[code];
  if (noText)
    return (
      <Notice
        tone="warn"
        announce
        title={noText}
        actions={
          <>
            <Button size="small" onPress={onTakeTheirs}>
              Discard mine
            </Button>
            {code === 'NOT_FOUND' && (
              <Button size="small" kind="primary" onPress={() => onOverwrite(undefined)}>
                Save mine as a new file
              </Button>
            )}
          </>
        }
      >
        <p>
          Your text stays in the box below.
          {code !== 'NOT_FOUND' &&
            ' It is not saved over what is there now: copy it to a file of another name, or discard it.'}
        </p>
      </Notice>
    );
  if (theirs.isError) return <FailureNotice error={theirs.error} onRetry={() => void theirs.refetch()} />;
  const { body, etag } = theirs.data;
  const text = 'content' in body ? body.content : '';
  const { first, theirLines, myLines } = changedLines(text, mine);
  return (
    <Notice
      tone="warn"
      announce
      title="The file changed while you were editing."
      actions={
        <>
          <Button size="small" onPress={onTakeTheirs}>
            Take the other version
          </Button>
          <Button size="small" kind="danger" onPress={() => onOverwrite(etag)}>
            Save mine over it
          </Button>
        </>
      }
    >
      <p>Your text stays in the box below. The versions differ from line {first} on.</p>
      <div className={styles['versions']}>
        <section aria-label="The other version">
          <h3>There now</h3>
          <InertText block text={theirLines} limit={20_000} />
        </section>
        <section aria-label="Your version">
          <h3>Yours</h3>
          <InertText block text={myLines} limit={20_000} />
        </section>
      </div>
    </Notice>
  );
}
