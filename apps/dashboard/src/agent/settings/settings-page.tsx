import { EmptyState } from '../../components/empty-state.js';

/** Settings of one agent. */
export function SettingsPage() {
  return <EmptyState title="Settings" />;
}
