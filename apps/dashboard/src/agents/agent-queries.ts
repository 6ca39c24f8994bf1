import { queryOptions, type QueryClient } from '@tanstack/react-query';
import type { ApiClient } from '../api/api-client.js';
import { unwrap } from '../api/api-client.js';
import type { Agent } from '../api/api-types.js';

/** One agent. Live `status` frames keep it fresh, see `useAgentStream`. */
export function agentQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: ['agent', agentId],
    queryFn: async ({ client, signal }) => {
      const asked = Date.now();
      return newest(
        client,
        unwrap(await api.GET('/api/agents/{id}', { params: { path: { id: agentId } }, signal })),
        asked,
      );
    },
  });
}

/** Gives an agent of an answer, or what has come meanwhile when that is newer: frames do not wait for answers. */
function newest(client: QueryClient, answer: Agent, asked: number): Agent {
  const { data, dataUpdatedAt = 0 } = client.getQueryState<Agent>(['agent', answer.id]) ?? {};
  if (!data) return answer;
  // What is counted beside an agent, such as its refusals, does not change its time.
  const isNewer =
    data.updated_at > answer.updated_at || (data.updated_at === answer.updated_at && dataUpdatedAt > asked);
  return dataUpdatedAt >= asked && isNewer ? data : answer;
}

/** Most agents that the fleet reads: the newest. */
export const MOST_AGENTS = 2000;

/** All agents that the person may see, newest first, read page by page. */
export function agentsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['agents'],
    queryFn: async ({ client, signal }) => {
      const asked = Date.now();
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
      return [...cameMeanwhile(client, found, asked), ...found.map((agent) => newest(client, agent, asked))];
    },
  });
}

/** Gives agents that frames have brought while the pages were read, and that are on none: they were made meanwhile. */
function cameMeanwhile(client: QueryClient, found: readonly Agent[], asked: number): readonly Agent[] {
  const read = new Set(found.map(({ id }) => id));
  return client
    .getQueryCache()
    .findAll({ predicate: ({ queryKey: [kind, , part] }) => kind === 'agent' && part === undefined })
    .filter(({ state }) => state.status === 'success' && state.dataUpdatedAt >= asked)
    .map(({ state }) => state.data as Agent)
    .filter(({ id }) => !read.has(id));
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
