import type { ErrorComponentProps } from '@tanstack/react-router';
import { FailureNotice } from '../components/failure-notice.js';

/** What stands where a page failed to draw itself. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  return (
    <div className="page">
      <FailureNotice error={error} onRetry={reset} />
    </div>
  );
}
