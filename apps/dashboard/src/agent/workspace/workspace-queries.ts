import { queryOptions } from '@tanstack/react-query';
import type { components } from '../../api/generated/api.js';
import { unwrap, unwrapVersioned, type ApiClient } from '../../api/api-client.js';

/** What a directory lists of one entry. */
export type DirectoryEntry = Pick<components['schemas']['DirectoryEntry'], 'name' | 'type' | 'size'>;

/** What a directory lists; `isTruncated` when there is more than the server lists. */
export interface DirectoryListing {
  readonly entries: readonly DirectoryEntry[];
  readonly isTruncated: boolean;
}

/** The part of the key that all queries of a workspace share. */
export const workspaceKey = (agentId: string) => ['agent', agentId, 'workspace'] as const;

/** Entries of one directory, folders first. */
export function directoryQuery(api: ApiClient, agentId: string, path: string) {
  return queryOptions({
    queryKey: [...workspaceKey(agentId), 'directory', path],
    queryFn: async ({ signal }): Promise<DirectoryListing> => {
      const answer = unwrap(await readPath(api, agentId, path, signal));
      return listingOf('items' in answer ? answer : { items: [], truncated: false });
    },
    // Read again behind the tools of the agent only while it is shown.
    staleTime: 0,
  });
}

/** What stands at a path: a text with its version, or a directory. @throws ApiFailure `BINARY_FILE` among others */
export function contentQuery(api: ApiClient, agentId: string, path: string) {
  return queryOptions({
    queryKey: [...workspaceKey(agentId), 'content', path],
    queryFn: async ({ signal }) => unwrapVersioned(await readPath(api, agentId, path, signal)),
    staleTime: 0,
  });
}

function readPath(api: ApiClient, agentId: string, path: string, signal: AbortSignal) {
  return api.GET('/api/agents/{id}/workspace/{path}', { params: { path: { id: agentId, path } }, signal });
}

function listingOf(answer: {
  readonly items: readonly DirectoryEntry[];
  readonly truncated: boolean;
}): DirectoryListing {
  const rank = ({ type }: DirectoryEntry): number => (type === 'directory' ? 0 : 1);
  return {
    entries: answer.items.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1)),
    isTruncated: answer.truncated,
  };
}
