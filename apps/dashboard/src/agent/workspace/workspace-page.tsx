import { EmptyState } from '../../components/empty-state.js';

/** Workspace of one agent. */
export function WorkspacePage() {
  return <EmptyState title="Workspace" />;
}
