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

/**
 * Puts an agent of an answer into the cache, unless the socket has brought newer news meanwhile: the answer to a start
 * may come behind the frame that the agent runs.
 */
export function putAnswer(queries: QueryClient, agent: Agent): void {
  const known = queries.getQueryData<Agent>(['agent', agent.id]);
  if (!known || known.updated_at <= agent.updated_at) putAgent(queries, agent);
}

/** Puts an agent of a frame into the cache; frames come in their order. */
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
  // A list that is on its way may still have it.
  if (queries.isFetching({ queryKey: ['agents'], exact: true }) > 0)
    void queries.invalidateQueries({ queryKey: ['agents'], exact: true });
  queries.setQueryData<Agent[]>(['agents'], (agents) => agents?.filter(({ id }) => id !== agentId));
}
