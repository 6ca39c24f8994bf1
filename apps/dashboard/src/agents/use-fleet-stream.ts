import { useQueryClient, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { readAgain } from '../app/read-again.js';
import { useLive } from '../live/live-context.js';
import type { Agent } from '../api/api-types.js';
import { useThrottled } from './use-throttled.js';

/** While frames come, what needs a person is read again at most this often. */
const NOW_MS = 500;
/** While agents are refused things, their list is read again at most this often: it may have many pages. */
const LIST_MS = 1000;

/**
 * Keeps what the cache has of all agents as the server has it. It stands once, above all pages, so that coming back to
 * one shows no old state.
 */
export function useFleetStream(): void {
  const live = useLive();
  const queries = useQueryClient();
  const readNow = useReading(['now'], NOW_MS);
  // Refusals are counted beside an agent and do not change it: no frame brings it.
  const readList = useReading(['agents'], LIST_MS);
  const hear = useEffectEvent((name: string, body: unknown) => {
    if (name === 'agent') putAgent(queries, (body as { agent: Agent }).agent);
    else if (name === 'agent_removed') dropAgent(queries, (body as { agent_id: string }).agent_id);
    else if (name === 'refusal') readList();
    readNow();
  });
  const gap = useEffectEvent(() => {
    void readAgain(queries, ['agents'], true);
    readNow();
  });
  useEffect(() => live.watchFleet({ onFrame: hear, onGap: gap }), [live]);
}

/**
 * Gives a function that reads a query again, at most once in this time. A reading under way is let come to its end and
 * then read once more: one that takes longer than the next news would otherwise be cut off each time, and nothing be read.
 */
function useReading(queryKey: QueryKey, milliseconds: number): () => void {
  const queries = useQueryClient();
  return useThrottled((later) => {
    if (queries.isFetching({ queryKey, exact: true }) > 0) later();
    else void readAgain(queries, queryKey, true);
  }, milliseconds);
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

/** Takes a removed agent out of the cache. A page that shows it reads it again, and so learns that it is gone. */
export function dropAgent(queries: QueryClient, agentId: string): void {
  queries.removeQueries({ queryKey: ['agent', agentId], type: 'inactive' });
  void readAgain(queries, ['agent', agentId], true);
  // A list that is on its way may still have it.
  if (queries.isFetching({ queryKey: ['agents'], exact: true }) > 0)
    void readAgain(queries, ['agents'], true);
  queries.setQueryData<Agent[]>(['agents'], (agents) => agents?.filter(({ id }) => id !== agentId));
}
