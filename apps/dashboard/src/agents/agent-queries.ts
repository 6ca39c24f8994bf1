import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../api/api-client.js';
import { unwrap } from '../api/api-client.js';
import type { Agent } from '../api/api-types.js';

/** One agent. Live `status` frames keep it fresh, see `useAgentStream`. */
export function agentQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: ['agent', agentId],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET('/api/agents/{id}', { params: { path: { id: agentId } }, signal })),
  });
}

/** Most agents that the fleet reads: the newest. */
export const MOST_AGENTS = 2000;

/** All agents that the person may see, newest first, read page by page. */
export function agentsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['agents'],
    queryFn: async ({ signal }) => {
      const found: Agent[] = [];
      for (let cursor: string | undefined; found.length < MOST_AGENTS;) {
        const page = unwrap(
          await api.GET('/api/agents', {
            params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } },
            signal,
          }),
        );
        found.push(...page.items);
        cursor = page.next_cursor;
        if (cursor === undefined) break;
      }
      return found;
    },
  });
}

/** Who is signed in. */
export function meQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['me'],
    queryFn: async ({ signal }) => unwrap(await api.GET('/api/auth/me', { signal })),
    staleTime: 60_000,
  });
}

/** What this server runs agents with, and what is and is not enforced there. */
export function runtimeQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['runtime'],
    queryFn: async ({ signal }) => unwrap(await api.GET('/api/runtime/info', { signal })),
    staleTime: 60_000,
  });
}
