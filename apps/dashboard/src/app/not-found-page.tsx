import { Link } from '@tanstack/react-router';
import { EntryFrame } from './entry-frame.js';

/** What stands at an address that leads nowhere. */
export function NotFoundPage() {
  return (
    <EntryFrame title="Page not found">
      <p>There is nothing at this address. The agent may have been removed, or the link is incomplete.</p>
      <p>
        <Link to="/">Go to Now</Link>
      </p>
    </EntryFrame>
  );
}
