import { EmptyState } from '../../components/empty-state.js';

/** Chat of one agent. */
export function ChatPage() {
  return <EmptyState title="Chat" />;
}
