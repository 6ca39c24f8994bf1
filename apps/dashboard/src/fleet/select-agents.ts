import type { Agent } from '../api/api-types.js';
import type { SelectOption } from '../components/select-field.js';

/** Choices of the status filter; the empty one shows all. */
export const STATUSES: readonly SelectOption[] = [
  { value: '', label: 'Any status' },
  { value: 'running', label: 'Running' },
  { value: 'stopped', label: 'Stopped' },
  { value: 'failed', label: 'Failed' },
  { value: 'disconnected', label: 'Disconnected' },
  { value: 'refused', label: 'Refused lately' },
  { value: 'unsafe', label: 'Unsafe settings' },
];

/** Choices of the order; the empty one is the default. */
export const SORTS: readonly SelectOption[] = [
  { value: '', label: 'Needs attention first' },
  { value: 'name', label: 'Name' },
  { value: 'newest', label: 'Newest first' },
  { value: 'refusal', label: 'Latest refusal first' },
];

const ATTENTION: Readonly<Record<string, number>> = { failed: 0, disconnected: 1 };

/** Gives the agents that match the words and the status, in the wanted order. */
export function selectAgents(
  agents: readonly Agent[],
  { q = '', status = '', sort = '' }: { q?: string; status?: string; sort?: string },
): readonly Agent[] {
  const words = q.trim().toLowerCase();
  return agents
    .filter((agent) => matchesStatus(agent, status) && (words === '' || textOf(agent).includes(words)))
    .sort(ORDERS[sort] ?? byAttention);
}

const refusedAt = (agent: Agent): number => (agent.last_refusal ? Date.parse(agent.last_refusal.time) : 0);
const byName = (a: Agent, b: Agent): number => a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
const byAttention = (a: Agent, b: Agent): number =>
  (ATTENTION[a.status] ?? 2) - (ATTENTION[b.status] ?? 2) ||
  b.unsafe.length - a.unsafe.length ||
  b.refusals_last_hour - a.refusals_last_hour ||
  byName(a, b);
const ORDERS: Readonly<Record<string, (a: Agent, b: Agent) => number>> = {
  name: byName,
  newest: (a, b) => b.created_at.localeCompare(a.created_at),
  refusal: (a, b) => refusedAt(b) - refusedAt(a) || byName(a, b),
};

function matchesStatus(agent: Agent, status: string): boolean {
  if (status === '') return true;
  if (status === 'refused') return agent.refusals_last_hour > 0;
  if (status === 'unsafe') return agent.unsafe.length > 0;
  return agent.status === status;
}

function textOf({ name, owner, last_refusal: refusal }: Agent): string {
  return `${name} ${owner?.username ?? ''} ${refusal?.rule ?? ''}`.toLowerCase();
}
