import { useMutation, useQueryClient } from '@tanstack/react-query';
import { unwrap } from '../../api/api-client.js';
import { ApiFailure } from '../../api/api-failure.js';
import { refuseIssues } from '../../api/check-request.js';
import { AGENT_CONFIG_SCHEMA } from '../../api/generated/agent-config-schema.js';
import { schemaIssues } from '../../api/json-schema.js';
import { useApi } from '../../app/services.js';
import { useReauthentication } from '../../session/reauthentication.js';
import { withoutDefaults, type ConfigPatch } from './config-patch.js';
import { configQuery } from './config-queries.js';

/** Whether the running worker works by the saved settings. */
export type Applied = 'confirmed' | 'stored' | 'unconfirmed';

interface SaveRequest {
  readonly patch: ConfigPatch;
  /** The version that the change was made for; the server refuses when it has another one by now. */
  readonly version: number;
}

/**
 * Saves a change of an agent's configuration, with the password where the server wants it. Nothing is shown as saved
 * before the server has answered; its answer then stands in the cache. A conflict leaves everything as it was.
 */
export function useSaveConfig(agentId: string) {
  const api = useApi();
  const queries = useQueryClient();
  const withPassword = useReauthentication();
  const mutation = useMutation({
    mutationFn: async ({ patch, version }: SaveRequest) => {
      refuseIssues(schemaIssues(AGENT_CONFIG_SCHEMA, withoutDefaults(patch)));
      return withPassword(async () =>
        unwrap(
          await api.PATCH('/api/agents/{id}/config', {
            params: { path: { id: agentId } },
            headers: { 'if-match': `"${version}"` },
            body: patch as Record<string, never>,
          }),
        ),
      );
    },
    onSuccess: ({ config, version }) => {
      // The answer waits for the worker; somebody else may have saved meanwhile.
      queries.setQueryData(configQuery(api, agentId).queryKey, (known) =>
        known && known.version > version ? known : { config, version },
      );
      // Level and unsafe settings of the head follow from the configuration.
      void queries.invalidateQueries({ queryKey: ['agent', agentId], exact: true });
      void queries.invalidateQueries({ queryKey: ['agents'] });
    },
    onError: (error) => {
      if (isConflict(error)) void queries.invalidateQueries({ queryKey: configQuery(api, agentId).queryKey });
    },
  });
  const applied: Applied | undefined = mutation.data?.applied;
  return {
    /** Saves; the promise fails as the save does. */
    save: mutation.mutateAsync,
    isPending: mutation.isPending,
    error: isConflict(mutation.error) ? null : mutation.error,
    isConflict: isConflict(mutation.error),
    applied,
    reset: mutation.reset,
  };
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiFailure && error.code === 'PRECONDITION_FAILED';
}
