import { queryOptions } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../../api/api-client.js';
import type { Decision } from '../../api/api-types.js';

/** Decisions of an agent's latest calls by the id of the call, as far as its activity is kept. */
export function pastDecisionsQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: ['agent', agentId, 'past-decisions'],
    queryFn: async ({ signal }) => {
      const { items } = unwrap(
        await api.GET('/api/agents/{id}/activity', {
          params: { path: { id: agentId }, query: { limit: 200 } },
          signal,
        }),
      );
      const decisions = new Map<string, Decision>();
      for (const { event } of items)
        if (event.call_id !== undefined && event.record) decisions.set(event.call_id, event.record.decision);
      return decisions;
    },
  });
}
