import type { ErrorComponentProps } from '@tanstack/react-router';
import { FailureNotice } from '../components/failure-notice.js';

/** What stands where a page failed to draw itself. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  // Code of a page that could not be loaded is told by a TypeError that names a module; any other one is our mistake.
  const isOurs = error instanceof TypeError && !/module/i.test(error.message);
  return (
    <div className="page">
      <FailureNotice error={isOurs ? new Error(error.message, { cause: error }) : error} onRetry={reset} />
    </div>
  );
}
