import { createAuthorizer, defaultMatrix, type Authorizer } from '@clawforce/auth-rbac/rbac';
import type { AgentRecord } from '../storage/agents/agent-store.js';

/** Who may do what in the product: the one function that routes, streams and sockets ask. */
export const authorizer: Authorizer = createAuthorizer(defaultMatrix);

/** Whether a caller may do this with an agent, as the agent is now. */
export function mayUse(
  caller: { readonly userId: string; readonly role: string },
  action: string,
  agent: Pick<AgentRecord, 'id' | 'ownerUserId'>,
): boolean {
  const resource = { type: 'agent', id: agent.id, ownerId: agent.ownerUserId };
  return authorizer.can({ id: caller.userId, role: caller.role }, action, resource).effect === 'allow';
}
