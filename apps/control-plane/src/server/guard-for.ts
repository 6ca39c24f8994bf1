import { createGuard, type Guard, type GuardOptions } from '@clawforce/auth-rbac/express';
import type { Request, RequestHandler } from 'express';
import { authorizer } from '../auth/authorizer.js';
import { stateOf, type GuardFor } from '../http/mount-routes.js';
import type { Caller } from '../http/route.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { Storage } from '../storage/storage.js';

interface CallerPrincipal {
  readonly id: string;
  readonly role: string;
  readonly caller: Caller;
}

interface AgentResource {
  readonly type: 'agent';
  readonly id: string;
  readonly ownerId: string | null;
  readonly agent: AgentRecord;
}

/** Gives the guard of one listener; `authenticate` says who calls, as the database knows it, `onDenied` hears of refusals. */
export function guardFor(
  storage: Storage,
  authenticate: (request: Request) => Promise<Caller | undefined>,
  onDenied: GuardOptions<CallerPrincipal>['onDenied'] = () => undefined,
): GuardFor {
  const guard: Guard<CallerPrincipal, AgentResource> = createGuard(authorizer, {
    authenticate: async (request) => {
      const caller = await authenticate(request);
      return caller && { id: caller.userId, role: caller.role, caller };
    },
    onDenied,
  });
  const loadAgent = async (request: Request): Promise<AgentResource | undefined> => {
    const id = request.params['id'];
    const agent = typeof id === 'string' ? await storage.agents.get(id) : undefined;
    return agent && { type: 'agent', id: agent.id, ownerId: agent.ownerUserId, agent };
  };
  return ({ access }) => {
    if ('public' in access) return [guard.public(access.public)];
    const onAgent = 'on' in access;
    const remember: RequestHandler = (request, _response, next) => {
      const state = stateOf(request);
      state.caller = guard.principalOf(request).caller;
      if (onAgent) state.agent = guard.resourceOf(request).agent;
      next();
    };
    return [onAgent ? guard(access.action, loadAgent) : guard(access.action), remember];
  };
}
