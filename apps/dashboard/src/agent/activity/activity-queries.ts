import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../../api/api-client.js';

const PAGE = 100;

/** Stored activity of an agent, page by page towards the past; each page is oldest first. */
export function activityQuery(api: ApiClient, agentId: string) {
  return infiniteQueryOptions({
    queryKey: ['agent', agentId, 'activity'],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        await api.GET('/api/agents/{id}/activity', {
          params: {
            path: { id: agentId },
            query: { limit: PAGE, ...(pageParam === undefined ? {} : { before: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ items, more }) => (more ? items[0]?.id : undefined),
    // What was shown before may be far behind by now.
    staleTime: 0,
  });
}

/** One event by its id; null when it is no longer kept. */
export function activityEventQuery(api: ApiClient, agentId: string, id: number) {
  return queryOptions({
    queryKey: ['agent', agentId, 'activity-event', id],
    queryFn: async ({ signal }) => {
      const { items } = unwrap(
        await api.GET('/api/agents/{id}/activity', {
          params: { path: { id: agentId }, query: { before: id + 1, limit: 1 } },
          signal,
        }),
      );
      return items.find((item) => item.id === id) ?? null;
    },
  });
}
