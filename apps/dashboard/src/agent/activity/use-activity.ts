import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Activity } from '../../api/api-types.js';
import { useAgentFrames } from '../../agents/use-agent-frames.js';
import { readAgain } from '../../app/read-again.js';
import { useApi } from '../../app/services.js';
import { activityQuery } from './activity-queries.js';

/** Beyond this many live events the pages are read again, so that a page left open for days does not grow for ever. */
const MOST_LIVE = 2000;

/**
 * The activity of an agent, newest first, each event once: stored pages, which are read again behind every gap, and what
 * came live since.
 */
export function useActivity(agentId: string) {
  const queries = useQueryClient();
  const query = activityQuery(useApi(), agentId);
  const pages = useInfiniteQuery(query);
  const [live, setLive] = useState<readonly Activity[]>([]);

  useAgentFrames(agentId, {
    onActivity: (item) => {
      if (live.length < MOST_LIVE) {
        setLive((known) => [...known, item]);
        return;
      }
      setLive([item]);
      void readAgain(queries, query.queryKey);
    },
  });

  return { pages, items: newestFirst([...(pages.data?.pages ?? []).flatMap(({ items }) => items), ...live]) };
}

function newestFirst(items: readonly Activity[]): readonly Activity[] {
  return [...new Map(items.map((item) => [item.id, item])).values()].sort((one, other) => other.id - one.id);
}
