import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../errors/api-error.js';
import type { Route } from '../route.js';
import { object, type } from '../schemas.js';

/** What the system routes serve from. */
export interface SystemRouteParts {
  readonly storage: Storage;
  readonly stopping: () => boolean;
  readonly openApi: () => Record<string, unknown>;
}

/** Health, and the API's own description. */
export function systemRoutes(parts: SystemRouteParts): Route[] {
  return [
    {
      method: 'get',
      path: '/healthz',
      tag: 'system',
      summary: 'Says that the process answers.',
      access: { public: 'liveness probe; tells nothing else' },
      responses: { 200: { description: 'It does.', schema: object({ status: type('string') }) } },
      handle: () => ({ json: { status: 'ok' } }),
    },
    {
      method: 'get',
      path: '/readyz',
      tag: 'system',
      summary: 'Says whether the server takes work: the database answers and it is not stopping.',
      access: { public: 'readiness probe; tells nothing else' },
      responses: { 200: { description: 'It does.', schema: object({ status: type('string') }) } },
      errors: ['OVERLOADED'],
      handle: async () => {
        if (parts.stopping()) throw new ApiError('OVERLOADED', 'The server is stopping.');
        try {
          await parts.storage.ping();
        } catch (error) {
          throw new ApiError('OVERLOADED', 'The database does not answer.', { cause: error });
        }
        return { json: { status: 'ok' } };
      },
    },
    {
      method: 'get',
      path: '/api/openapi.json',
      tag: 'system',
      summary: 'Gives the description of this API (OpenAPI 3.1).',
      access: { public: 'the API is documented openly' },
      responses: { 200: { description: 'The document.', schema: type('object') } },
      handle: () => ({ json: parts.openApi() }),
    },
  ];
}
