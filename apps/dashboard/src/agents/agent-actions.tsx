import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Play, Square } from 'lucide-react';
import { unwrap } from '../api/api-client.js';
import { useApi } from '../app/services.js';
import { Button } from '../components/button.js';
import { inertLabel } from '../components/inert-parts.js';
import type { Agent } from '../api/api-types.js';
import { useTellRefused } from './refused-actions.js';
import { putAnswer } from './use-fleet-stream.js';

/** Starts or stops an agent. The state changes when the server says so, never before. */
export function AgentActions({
  agent,
  size = 'normal',
}: {
  readonly agent: Agent;
  readonly size?: 'normal' | 'small';
}) {
  const api = useApi();
  const queries = useQueryClient();
  const tell = useTellRefused();
  const change = useMutation({
    mutationFn: async (to: 'start' | 'stop') => {
      const params = { params: { path: { id: agent.id } } };
      return unwrap(
        to === 'start'
          ? await api.POST('/api/agents/{id}/start', params)
          : await api.POST('/api/agents/{id}/stop', params),
      );
    },
    onSuccess: (changed) => putAnswer(queries, changed),
    // Also when the row is gone by then.
    onError: (error, action) => tell({ action, agent, error }),
  });
  const isStopped = agent.desired === 'stopped' && agent.status === 'stopped';
  return (
    <>
      {isStopped || agent.status === 'failed' ? (
        <Button
          kind={size === 'small' ? 'plain' : 'primary'}
          size={size}
          icon={<Play aria-hidden="true" />}
          isPending={change.isPending}
          onPress={() => change.mutate('start')}
          aria-label={`Start ${inertLabel(agent.name)}`}
        >
          Start
        </Button>
      ) : (
        <Button
          size={size}
          icon={<Square aria-hidden="true" />}
          isPending={change.isPending}
          onPress={() => change.mutate('stop')}
          aria-label={`Stop ${inertLabel(agent.name)}`}
        >
          Stop
        </Button>
      )}
    </>
  );
}
