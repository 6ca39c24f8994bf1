import { toFailure } from '../api/api-failure.js';
import { placeIssues, type PlacedIssues } from '../api/place-issues.js';
import { Button } from './button.js';
import { InertText } from './inert-text.js';
import { Notice } from './notice.js';
import styles from './failure-notice.module.css';

/** Shows a failure of the API: the sentence, the fix, what was wrong where, and the number that finds it in the log. */
export function FailureNotice({
  error,
  onRetry,
  placed = placeIssues(error),
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** Its issues as the form has placed them; those that stand at a field are not repeated. */
  readonly placed?: PlacedIssues;
}) {
  const failure = toFailure(error);
  return (
    <Notice
      tone="bad"
      announce
      title={failure.message}
      actions={
        onRetry && (
          <Button size="small" onPress={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {failure.fix && <p>{failure.fix}</p>}
      {failure.retryAfterSeconds !== undefined && <p>Wait {Math.ceil(failure.retryAfterSeconds)} seconds.</p>}
      {placed.rest.length > 0 && (
        <ul className={styles['issues']}>
          {placed.rest.map(({ label, pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              {label === undefined ? (
                <code>
                  <InertText text={pointer || '/'} limit={200} />
                </code>
              ) : (
                <strong>
                  <InertText text={label} limit={200} />
                </strong>
              )}{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
      <p className={styles['code']}>
        <code>{failure.code}</code>
        {failure.requestId && (
          <>
            {' '}
            · request <code>{failure.requestId}</code>
          </>
        )}
      </p>
    </Notice>
  );
}
