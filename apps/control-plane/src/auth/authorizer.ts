import { createAuthorizer, defaultMatrix, type Authorizer } from '@clawforce/auth-rbac/rbac';
import type { Caller } from '../http/route.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';

/** Who may do what in the product: the one function that routes, streams and sockets ask. */
export const authorizer: Authorizer = createAuthorizer(defaultMatrix);

/** Actions that a role has, on everything or on what belongs to the caller. */
export function actionsOf(role: Caller['role']): string[] {
  return Object.keys(defaultMatrix.roles[role] ?? {}).sort();
}

/** Whether a caller may do this with an agent, as the agent is now. */
export function mayUse(
  caller: { readonly userId: string; readonly role: string },
  action: string,
  agent: Pick<AgentRecord, 'id' | 'ownerUserId'>,
): boolean {
  const resource = { type: 'agent', id: agent.id, ownerId: agent.ownerUserId };
  return authorizer.can({ id: caller.userId, role: caller.role }, action, resource).effect === 'allow';
}
