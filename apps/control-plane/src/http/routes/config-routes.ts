import { variablesSchema } from '@clawforce/protocol/config';
import type { ConfigChange, ConfigOutcome, ConfigService, ConfigView } from '../../config/config-service.js';
import { ApiError } from '../../errors/api-error.js';
import { ref } from '../components.js';
import type { Reply, Route, RouteContext } from '../route.js';
import { object, type } from '../schemas.js';

/** What the configuration routes serve from. */
export interface ConfigRouteParts {
  readonly configs: ConfigService;
  /** Throws ApiError REAUTHENTICATION_REQUIRED unless the caller gave the password within the last five minutes. */
  readonly requireRecentPassword: (context: RouteContext) => Promise<() => void>;
}

// The schema of the request stays loose here: parseAgentConfig knows both spellings and gives the better messages.
const anyConfig = {
  type: 'object',
  additionalProperties: true,
  description: 'Any part of AgentConfig, as a JSON Merge Patch (RFC 7396); camelCase keys are accepted too.',
};
const answer = object(
  {
    config: ref('AgentConfig'),
    version: type('integer'),
    applied: { enum: ['confirmed', 'stored', 'unconfirmed'] },
  },
  ['applied'],
);
const BODY_LIMIT = 2 * 1024 * 1024;

/** Routes that read and change an agent's configuration and variables. No secret is ever in an answer. */
export function configRoutes({ configs, requireRecentPassword }: ConfigRouteParts): Route[] {
  const change = async (context: RouteContext): Promise<ConfigChange> => {
    const ifVersion = versionOf(context.request.headers['if-match']);
    return {
      actor: context.caller,
      ip: context.caller.ip,
      ...(ifVersion === undefined ? {} : { ifVersion }),
      requireRecentPassword: await requireRecentPassword(context),
    };
  };
  return [
    {
      method: 'get',
      path: '/api/agents/{id}/config',
      tag: 'config',
      summary: 'Gives the configuration; secrets are placeholders.',
      access: { action: 'config:read', on: 'agent' },
      responses: { 200: { description: 'The configuration, with its ETag.', schema: answer } },
      handle: async ({ agent, ip }) => reply(await configs.view(agent.id, ip)),
    },
    {
      method: 'put',
      path: '/api/agents/{id}/config',
      tag: 'config',
      summary: 'Replaces the configuration: what is absent is deleted, a placeholder keeps its secret.',
      access: { action: 'config:write', on: 'agent' },
      body: anyConfig,
      documentedBody: ref('AgentConfig'),
      bodyLimit: BODY_LIMIT,
      responses: { 200: { description: 'The saved configuration.', schema: answer } },
      errors: [
        'CONFIG_INVALID',
        'PLACEHOLDER_INVALID',
        'PRECONDITION_FAILED',
        'REAUTHENTICATION_REQUIRED',
        'LEVEL_EXCEEDS_MAXIMUM',
      ],
      handle: async (context) =>
        reply(await configs.replace(context.agent, context.body, await change(context))),
    },
    {
      method: 'patch',
      path: '/api/agents/{id}/config',
      tag: 'config',
      summary: 'Merges a patch over the configuration as GET shows it (RFC 7396): null deletes.',
      access: { action: 'config:write', on: 'agent' },
      body: anyConfig,
      bodyLimit: BODY_LIMIT,
      responses: { 200: { description: 'The saved configuration.', schema: answer } },
      errors: [
        'CONFIG_INVALID',
        'PLACEHOLDER_INVALID',
        'PRECONDITION_FAILED',
        'REAUTHENTICATION_REQUIRED',
        'LEVEL_EXCEEDS_MAXIMUM',
      ],
      handle: async (context) =>
        reply(await configs.patch(context.agent, context.body, await change(context))),
    },
    {
      method: 'post',
      path: '/api/agents/{id}/config/review',
      tag: 'config',
      summary:
        'Says what a patch would change and loosen, and whether the caller may save it; saves nothing.',
      access: { action: 'config:write', on: 'agent' },
      body: anyConfig,
      bodyLimit: BODY_LIMIT,
      responses: { 200: { description: 'What saving it would come to.', schema: ref('ConfigReview') } },
      errors: ['CONFIG_INVALID', 'PLACEHOLDER_INVALID', 'LEVEL_EXCEEDS_MAXIMUM'],
      handle: async ({ agent, body, caller }) => ({ json: await configs.review(agent, body, caller) }),
    },
    {
      method: 'get',
      path: '/api/agents/{id}/variables',
      tag: 'config',
      summary: 'Lists the names of the variables that commands get; values are never shown.',
      access: { action: 'variable:read', on: 'agent' },
      responses: {
        200: {
          description: 'The names.',
          schema: object({ items: { type: 'array', items: object({ name: type('string') }) } }),
        },
      },
      handle: async ({ agent }) => ({
        json: { items: (await configs.variables(agent.id)).map((name) => ({ name })) },
      }),
    },
    {
      method: 'put',
      path: '/api/agents/{id}/variables',
      tag: 'config',
      summary: 'Sets variables; null removes one, names that are not given stay.',
      access: { action: 'variable:write', on: 'agent' },
      body: object({
        variables: {
          ...variablesSchema,
          additionalProperties: { ...variablesSchema.additionalProperties, type: ['string', 'null'] },
        },
      }),
      bodyLimit: BODY_LIMIT,
      responses: {
        200: {
          description: 'The names after the change.',
          schema: object({
            items: { type: 'array', items: object({ name: type('string') }) },
            applied: { enum: ['confirmed', 'stored', 'unconfirmed'] },
          }),
        },
      },
      errors: ['CONFIG_INVALID', 'PRECONDITION_FAILED'],
      handle: async (context) => {
        const { variables } = context.body as { variables: Record<string, string | null> };
        const { applied } = await configs.setVariables(context.agent, variables, await change(context));
        const names = await configs.variables(context.agent.id);
        return { json: { items: names.map((name) => ({ name })), applied } };
      },
    },
  ];
}

function reply(view: ConfigView | ConfigOutcome): Reply {
  return { json: view, headers: { etag: `"${view.version}"` } };
}

function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined;
  const version = Number(/^"(\d{1,9})"$/.exec(header.trim())?.[1]);
  if (Number.isInteger(version)) return version;
  throw new ApiError('PRECONDITION_FAILED', 'If-Match does not name a version of this configuration.');
}
