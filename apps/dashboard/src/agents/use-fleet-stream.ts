import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { useLive } from '../live/live-context.js';
import type { Agent } from '../api/api-types.js';

/**
 * Keeps the agents in the cache as the server has them, while the component is shown. `onChange` hears of every change,
 * for what the server counts itself.
 */
export function useFleetStream(onChange?: () => void): void {
  const live = useLive();
  const queries = useQueryClient();
  const hear = useEffectEvent((name: string, body: unknown) => {
    if (name === 'agent') putAgent(queries, (body as { agent: Agent }).agent);
    else if (name === 'agent_removed') dropAgent(queries, (body as { agent_id: string }).agent_id);
    onChange?.();
  });
  const gap = useEffectEvent(() => {
    void queries.invalidateQueries({ queryKey: ['agents'] });
    onChange?.();
  });
  useEffect(() => live.watchFleet({ onFrame: hear, onGap: gap }), [live]);
}

/** Puts an agent into the cache as the server confirmed it. */
export function putAgent(queries: QueryClient, agent: Agent): void {
  queries.setQueryData(['agent', agent.id], agent);
  queries.setQueryData<Agent[]>(['agents'], (agents) => {
    if (!agents) return agents;
    const index = agents.findIndex(({ id }) => id === agent.id);
    return index < 0 ? [agent, ...agents] : agents.with(index, agent);
  });
}

/** Takes a removed agent out of the cache. */
export function dropAgent(queries: QueryClient, agentId: string): void {
  queries.removeQueries({ queryKey: ['agent', agentId] });
  queries.setQueryData<Agent[]>(['agents'], (agents) => agents?.filter(({ id }) => id !== agentId));
}
