import { queryOptions } from '@tanstack/react-query';
import { ApiFailure } from '../api/api-failure.js';
import { unwrap, type ApiClient } from '../api/api-client.js';

const WHILE_RUNNING_MS = 1_000;

/** The latest drills, newest first, without their rows. */
export function drillsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['drills'],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET('/api/drills', { params: { query: { rows: false } }, signal })).items,
    refetchInterval: ({ state }) =>
      state.data?.some((drill) => drill.state === 'running') ? 5 * WHILE_RUNNING_MS : false,
  });
}

/** Whether the server says that there is no such drill, so that what was read of it before counts no more. */
export function isGone(error: Error | null): boolean {
  return error instanceof ApiFailure && error.status === 404;
}

/** One drill with its rows, read again and again while it runs. */
export function drillQuery(api: ApiClient, drillId: string) {
  return queryOptions({
    queryKey: ['drill', drillId],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET('/api/drills/{drill}', { params: { path: { drill: drillId } }, signal })),
    refetchInterval: ({ state }) =>
      state.data?.state === 'running' && !isGone(state.error) ? WHILE_RUNNING_MS : false,
  });
}
