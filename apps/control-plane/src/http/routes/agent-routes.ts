import type { AgentDraft, AgentPatch, AgentService } from '../../agents/agent-service.js';
import type { AgentLifecycle } from '../../agents/lifecycle.js';
import type { AgentFilter, AgentStatus } from '../../storage/agents/agent-store.js';
import { ApiError } from '../../errors/api-error.js';
import type { LinkHub } from '../../hub/link-hub.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object, page, pageQuery, type } from '../schemas.js';

/** What the agent routes serve from. */
export interface AgentRouteParts {
  readonly agents: AgentService;
  /** Absent when no server runs (offline command line). */
  readonly lifecycle: AgentLifecycle | undefined;
  readonly hub: LinkHub | undefined;
}

const STATUSES = 'stopped|provisioning|connecting|running|disconnected|failed';

const draft = {
  name: { type: 'string', minLength: 1, maxLength: 100 },
  description: { type: 'string', maxLength: 2000 },
  color: { type: ['string', 'null'], maxLength: 32 },
  mode: { enum: ['process', 'docker'] },
};

/** Routes that create, list, change, start, stop and remove agents. */
export function agentRoutes({ agents, lifecycle, hub }: AgentRouteParts): Route[] {
  const running = (): AgentLifecycle => {
    if (lifecycle) return lifecycle;
    throw new ApiError('SERVER_NOT_RUNNING', 'Agents run only while the server runs.', {
      fix: 'Start it with "clawforce serve" or "npm start".',
    });
  };
  return [
    {
      method: 'get',
      path: '/api/agents',
      tag: 'agents',
      summary: 'Lists the agents that the caller may see, newest first.',
      access: { action: 'agent:list' },
      query: {
        properties: {
          ...pageQuery,
          status: {
            type: 'string',
            pattern: `^(?:${STATUSES})(?:,(?:${STATUSES})){0,9}$`,
            description: 'One or more, separated by commas.',
          },
          q: { type: 'string', minLength: 1, maxLength: 100, description: 'Part of the name.' },
          owner: { type: 'string', maxLength: 64, description: 'Id of the owner.' },
        },
      },
      responses: { 200: { description: 'One page.', schema: page(ref('Agent')) } },
      errors: ['CURSOR_INVALID'],
      handle: async ({ caller, query }) => {
        const { status, q, owner, ...page } = query as { status?: string; q?: string; owner?: string };
        const filter: AgentFilter = {
          ...page,
          ...(status === undefined ? {} : { status: status.split(',') as AgentStatus[] }),
          ...(q === undefined ? {} : { name: q }),
          ...(owner === undefined ? {} : { ownerUserId: owner }),
        };
        return { json: await agents.list(caller, filter) };
      },
    },
    {
      method: 'post',
      path: '/api/agents',
      tag: 'agents',
      summary: 'Creates an agent that belongs to the caller.',
      access: { action: 'agent:create' },
      body: object(draft, ['description', 'color', 'mode']),
      responses: { 201: { description: 'The new agent.', schema: ref('Agent') } },
      handle: async ({ caller, body }) => {
        const agent = await agents.create(body as AgentDraft, caller);
        return { status: 201, json: agent, headers: { location: `/api/agents/${agent.id}` } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}',
      tag: 'agents',
      summary: 'Gives one agent.',
      access: { action: 'agent:read', on: 'agent' },
      responses: { 200: { description: 'The agent.', schema: ref('Agent') } },
      handle: async ({ agent }) => ({ json: await agents.view(agent) }),
    },
    {
      method: 'put',
      path: '/api/agents/{id}',
      tag: 'agents',
      summary: 'Changes an agent; a superadmin may give it to another user.',
      access: { action: 'agent:update', on: 'agent' },
      body: object({ ...draft, owner_user_id: { type: ['string', 'null'], maxLength: 64 } }, [
        ...Object.keys(draft),
        'owner_user_id',
      ]),
      responses: { 200: { description: 'The changed agent.', schema: ref('Agent') } },
      handle: async ({ agent, body, caller }) => ({
        json: await agents.update(agent, body as AgentPatch, caller),
      }),
    },
    {
      method: 'delete',
      path: '/api/agents/{id}',
      tag: 'agents',
      summary: 'Stops the agent and removes it with its files.',
      access: { action: 'agent:delete', on: 'agent' },
      responses: { 204: { description: 'Removed.' } },
      handle: async ({ agent, caller }) => {
        await agents.remove(agent, caller);
        return {};
      },
    },
    {
      method: 'post',
      path: '/api/agents/{id}/start',
      tag: 'agents',
      summary: 'Asks for a running worker; answers when it is launched.',
      access: { action: 'agent:start', on: 'agent' },
      responses: { 202: { description: 'The agent, starting or running.', schema: ref('Agent') } },
      errors: [
        'BACKEND_MISMATCH',
        'LEVEL_UNSUPPORTED',
        'LEVEL_EXCEEDS_MAXIMUM',
        'BACKEND_UNAVAILABLE',
        'START_FAILED',
        'NO_SPACE',
      ],
      handle: async ({ agent, caller }) => ({
        status: 202,
        json: await agents.view(await running().start(agent.id, `user:${caller.userId}`)),
      }),
    },
    {
      method: 'post',
      path: '/api/agents/{id}/stop',
      tag: 'agents',
      summary: 'Ends the worker; answers when it is gone.',
      access: { action: 'agent:stop', on: 'agent' },
      responses: { 200: { description: 'The stopped agent.', schema: ref('Agent') } },
      handle: async ({ agent, caller }) => ({
        json: await agents.view(await running().stop(agent.id, `user:${caller.userId}`)),
      }),
    },
    {
      method: 'get',
      path: '/api/agents/{id}/status',
      tag: 'agents',
      summary: 'Gives the state of an agent and the configuration that its worker confirmed.',
      access: { action: 'agent:read', on: 'agent' },
      responses: {
        200: {
          description: 'The state.',
          schema: object(
            {
              status: type('string'),
              desired: type('string'),
              backend: type('string'),
              level: type('string'),
              attested: type('string'),
              image: ref('WorkerImage'),
              epoch: type('integer'),
              since: type('string'),
              reason: type('string'),
              confirmed_config: type('string'),
            },
            ['reason', 'confirmed_config', 'image'],
          ),
        },
      },
      handle: async ({ agent }) => {
        const confirmed = hub?.session(agent.id)?.confirmedDigest;
        const { image } = await agents.view(agent);
        return {
          json: {
            status: agent.status,
            desired: agent.desired,
            backend: agent.mode,
            level: agent.level,
            attested: agent.attested,
            ...(image === null ? {} : { image }),
            epoch: agent.epoch,
            since: agent.statusSince.toISOString(),
            ...(agent.statusReason === null ? {} : { reason: agent.statusReason }),
            ...(confirmed === undefined ? {} : { confirmed_config: confirmed }),
          },
        };
      },
    },
  ];
}
