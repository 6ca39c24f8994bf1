import { queryOptions } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../../api/api-client.js';
import type { AgentConfig } from '../../api/api-types.js';

/** A configuration as the server has it; secrets in it are placeholders. */
export interface ConfigView {
  readonly config: AgentConfig;
  /** Raised with every change; a save names the version that it was made for. */
  readonly version: number;
}

/** An agent's configuration. */
export function configQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: ['agent', agentId, 'config'],
    queryFn: async ({ signal }): Promise<ConfigView> => {
      const { config, version } = unwrap(
        await api.GET('/api/agents/{id}/config', { params: { path: { id: agentId } }, signal }),
      );
      return { config, version };
    },
    // Read again when somebody changed it, see `useAgentStream`, and whenever the page is looked at.
    staleTime: 0,
  });
}

/** Names of the variables that commands get. Values never leave the server. */
export function variablesQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: ['agent', agentId, 'variables'],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET('/api/agents/{id}/variables', { params: { path: { id: agentId } }, signal }))
        .items,
    staleTime: 0,
  });
}

/** The three presets, the strictest first, with what this server can start. */
export function presetsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['security-presets'],
    queryFn: async ({ signal }) => unwrap(await api.GET('/api/security-presets', { signal })).items,
    staleTime: 60_000,
  });
}
