import { useQueryClient } from '@tanstack/react-query';
import type { Agent } from '../api/api-types.js';
import { unwrap } from '../api/api-client.js';
import { useApi } from '../app/services.js';
import { ConfirmDialog } from '../components/confirm-dialog.js';
import { InertText } from '../components/inert-text.js';
import { inertLabel } from '../components/inert-parts.js';
import { dropAgent } from './use-fleet-stream.js';

/** Removes an agent with everything it has, behind its name typed once more. */
export function DeleteAgentDialog({
  agent,
  onClose,
  onDeleted,
}: {
  readonly agent: Agent;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title={`Delete ${inertLabel(agent.name)}`}
      isOpen
      onClose={onClose}
      confirmLabel="Delete agent"
      typeToConfirm={agent.name}
      onConfirm={async () => {
        unwrap(await api.DELETE('/api/agents/{id}', { params: { path: { id: agent.id } } }));
        onDeleted?.();
        dropAgent(queries, agent.id);
      }}
    >
      <p>
        The worker of <InertText text={agent.name} limit={200} /> is stopped. Its workspace, conversations,
        configuration and variables are removed and cannot be brought back. Rows of the audit log stay.
      </p>
    </ConfirmDialog>
  );
}
