import { EmptyState } from '../../components/empty-state.js';

/** Logs of one agent. */
export function LogsPage() {
  return <EmptyState title="Logs" />;
}
