import type { AdminClient } from './admin-client.js';
import { ApiFailure } from './admin-client.js';
import { allPages } from './all-pages.js';
import type { AgentShape } from './shapes.js';

/** Gives every agent. */
export function allAgents(client: AdminClient): Promise<AgentShape[]> {
  return allPages<AgentShape>(client, '/api/agents');
}

/** Gives the agent with this id, this beginning of an id, or this name. @throws ApiFailure when none or several fit */
export async function findAgent(client: AdminClient, wanted: string): Promise<AgentShape> {
  const agents = await allAgents(client);
  const exact = agents.find(({ id }) => id === wanted);
  if (exact) return exact;
  const fitting = agents.filter(
    ({ id, name }) => name === wanted || (wanted.length >= 4 && id.startsWith(wanted)),
  );
  if (fitting.length === 1 && fitting[0]) return fitting[0];
  throw new ApiFailure(404, {
    code: 'NOT_FOUND',
    error: fitting.length === 0 ? `There is no agent "${wanted}".` : `Several agents fit "${wanted}".`,
    fix: '"clawforce agent list" shows ids and names.',
  });
}
