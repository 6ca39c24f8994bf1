import { toFailure } from '../api/api-failure.js';
import { Button } from './button.js';
import { Notice } from './notice.js';
import styles from './failure-notice.module.css';

/** Shows a failure of the API: the sentence, the fix, what was wrong where, and the number that finds it in the log. */
export function FailureNotice({
  error,
  onRetry,
  hidePointers = [],
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** Issues that stand at their field already. */
  readonly hidePointers?: readonly string[];
}) {
  const failure = toFailure(error);
  const issues = failure.issues.filter(({ pointer }) => !hidePointers.includes(pointer));
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
      {issues.length > 0 && (
        <ul className={styles['issues']}>
          {issues.map(({ pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              <code>{pointer || '/'}</code> {message}
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
