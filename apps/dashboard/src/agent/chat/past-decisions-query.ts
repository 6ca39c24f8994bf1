import { infiniteQueryOptions, type InfiniteData } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../../api/api-client.js';
import type { Activity, Decision } from '../../api/api-types.js';

const PAGE = 200;
/** A conversation whose calls lie behind more activity than this shows that their verdict is not loaded. */
const MOST_PAGES = 10;

interface ActivityPage {
  readonly items: readonly Activity[];
  readonly more: boolean;
}

/** Decisions of an agent's calls by the id of the call, page by page towards the past as far as its activity is kept. */
export function pastDecisionsQuery(api: ApiClient, agentId: string) {
  return infiniteQueryOptions({
    queryKey: ['agent', agentId, 'past-decisions'],
    queryFn: async ({ pageParam, signal }): Promise<ActivityPage> =>
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
    getNextPageParam: ({ items, more }, pages) =>
      more && pages.length < MOST_PAGES ? items[0]?.id : undefined,
    select: decisionsByCall,
    staleTime: 0,
  });
}

/** The latest decision on a call counts: a tool may still refuse what the gate let through. */
function decisionsByCall({ pages }: InfiniteData<ActivityPage>): ReadonlyMap<string, Decision> {
  const decisions = new Map<string, Decision>();
  for (const { items } of pages.toReversed())
    for (const { event } of items)
      if (event.call_id !== undefined && event.record) decisions.set(event.call_id, event.record.decision);
  return decisions;
}
