import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import type { Activity } from '../../api/api-types.js';
import { useAgentStream } from '../../agents/use-agent-stream.js';
import { useApi } from '../../app/services.js';
import { useLiveState } from '../../live/live-context.js';
import { activityQuery } from './activity-queries.js';

/** Beyond this many live events the pages are read again, so that a page left open for days does not grow for ever. */
const MOST_LIVE = 2000;

/**
 * The activity of an agent, newest first, each event once: stored pages, and what came live since. Whenever the
 * connection is there again the newest page is read, so that nothing between page and stream is missed.
 */
export function useActivity(agentId: string) {
  const queries = useQueryClient();
  const query = activityQuery(useApi(), agentId);
  const pages = useInfiniteQuery(query);
  const [live, setLive] = useState<readonly Activity[]>([]);
  const readAgain = (): void => void queries.invalidateQueries({ queryKey: query.queryKey });

  useAgentStream(agentId, {
    onActivity: (item) => {
      if (live.length < MOST_LIVE) {
        setLive((known) => [...known, item]);
        return;
      }
      setLive([item]);
      readAgain();
    },
    onGap: readAgain,
  });
  const { kind } = useLiveState();
  const connected = useEffectEvent(() => {
    if (pages.isSuccess) readAgain();
  });
  useEffect(() => {
    if (kind === 'live') connected();
  }, [kind]);

  return { pages, items: newestFirst([...(pages.data?.pages ?? []).flatMap(({ items }) => items), ...live]) };
}

function newestFirst(items: readonly Activity[]): readonly Activity[] {
  return [...new Map(items.map((item) => [item.id, item])).values()].sort((one, other) => other.id - one.id);
}
