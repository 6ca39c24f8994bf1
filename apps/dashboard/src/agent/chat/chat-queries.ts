import { queryOptions } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../../api/api-client.js';

/** Conversation that a person starts in the dashboard unless another one is chosen. */
export const DASHBOARD_SESSION = 'dashboard:main';

/** Conversations of an agent, the latest first. */
export function sessionsQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: ['agent', agentId, 'sessions'],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET('/api/agents/{id}/sessions', { params: { path: { id: agentId } }, signal })).items,
  });
}

/** The last `limit` entries of a conversation, oldest first. */
export function entriesQuery(api: ApiClient, agentId: string, sessionKey: string, limit: number) {
  return queryOptions({
    queryKey: ['agent', agentId, 'session', sessionKey, limit],
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET('/api/agents/{id}/sessions/{key}', {
          params: { path: { id: agentId, key: sessionKey }, query: { limit } },
          signal,
        }),
      ).items,
    // Frames keep it fresh only while it is shown.
    staleTime: 0,
  });
}

/** The last messages of a conversation and where they stand, newest first. */
export function messagesQuery(api: ApiClient, agentId: string, sessionKey: string) {
  return queryOptions({
    queryKey: ['agent', agentId, 'messages', sessionKey],
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET('/api/agents/{id}/messages', {
          params: { path: { id: agentId }, query: { session_key: sessionKey, limit: 20 } },
          signal,
        }),
      ).items,
    staleTime: 0,
  });
}
