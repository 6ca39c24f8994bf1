import { EmptyState } from '../../components/empty-state.js';

/** Activity of one agent. */
export function ActivityPage() {
  return <EmptyState title="Activity" />;
}
