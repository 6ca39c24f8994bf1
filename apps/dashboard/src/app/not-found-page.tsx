import { Link } from '@tanstack/react-router';
import { EmptyState } from '../components/empty-state.js';
import { PageHeader } from '../components/page-header.js';

/** What stands at an address that leads nowhere. */
export function NotFoundPage() {
  return (
    <main className="page">
      <PageHeader title="Page not found" />
      <EmptyState title="There is nothing at this address." action={<Link to="/">Go to Now</Link>}>
        The agent may have been removed, or the link is incomplete.
      </EmptyState>
    </main>
  );
}
