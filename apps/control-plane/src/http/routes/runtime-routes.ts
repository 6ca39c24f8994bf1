import type { Backend } from '../../server/backend.js';
import { BACKENDS, type BackendKind } from '../../server/backend-selection.js';
import type { CommandWalls } from '../../server/command-walls.js';
import { startFailure } from '../../agents/start-failure.js';
import { ApiError } from '../../errors/api-error.js';
import type { Storage } from '../../storage/storage.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object } from '../schemas.js';

/** What the runtime routes serve from. */
export interface RuntimeRouteParts {
  readonly storage: Storage;
  /** Absent when no server runs (offline command line). */
  readonly backend: Backend | undefined;
  readonly version: string;
  readonly maxLevel: string;
  readonly unconfinedExec: boolean;
  readonly uidMode: string;
  /** What holds the commands of agents under the pool of that name. */
  readonly commandWalls: (pool: string) => Promise<CommandWalls>;
  /** Refuses a backend that could not be used here. @throws PoolError BACKEND_UNAVAILABLE, IMAGE_MISSING */
  readonly checkBackend: (kind: BackendKind) => Promise<void>;
  /** Stores and audits the choice. */
  readonly chooseBackend: (kind: BackendKind, actor: string) => Promise<void>;
}

/** Which backend runs agents here, what it enforces, and the choice of another one. */
export function runtimeRoutes(parts: RuntimeRouteParts): Route[] {
  const { storage, backend } = parts;
  const info = async (): Promise<Record<string, unknown>> => {
    const probe = await backend?.pool.probe();
    const walls = backend && (await parts.commandWalls(backend.pool.kind));
    return {
      version: parts.version,
      backend: backend?.pool.kind ?? null,
      max_level: parts.maxLevel,
      unconfined_exec: parts.unconfinedExec,
      ...(backend && probe && walls
        ? {
            backend_source: backend.selection.source,
            ...(backend.selection.reason === undefined ? {} : { backend_reason: backend.selection.reason }),
            ...(backend.image ? { image: backend.image.name, custom_image: backend.image.custom } : {}),
            uid_mode: backend.pool.kind === 'docker' ? parts.uidMode : 'shared',
            engine: probe.engine,
            available: probe.available,
            levels: probe.levels,
            enforced: [...probe.enforced, ...walls.enforced],
            not_enforced: [...walls.notEnforced, ...probe.notEnforced],
          }
        : {}),
    };
  };
  return [
    {
      method: 'get',
      path: '/api/runtime/info',
      tag: 'system',
      summary: 'Tells which backend runs agents here, and what is and is not enforced on this host.',
      access: { action: 'runtime:read' },
      responses: { 200: { description: 'The runtime.', schema: ref('RuntimeInfo') } },
      handle: async () => ({ json: await info() }),
    },
    {
      method: 'put',
      path: '/api/runtime/backend',
      tag: 'system',
      summary: 'Stores which backend every later start of the server uses; it wins over the environment.',
      access: { action: 'runtime:write' },
      body: object({ backend: { enum: [...BACKENDS] } }),
      responses: {
        200: {
          description: 'Stored. With `restart_required` the server has to be started again to use it.',
          schema: ref('BackendChoice'),
        },
      },
      errors: ['WORKERS_RUNNING', 'BACKEND_UNAVAILABLE'],
      handle: async ({ body, caller }) => {
        const kind = (body as { backend: BackendKind }).backend;
        const running = await storage.agents.active();
        if (running.length > 0) {
          throw new ApiError(
            'WORKERS_RUNNING',
            `${running.length === 1 ? 'A worker runs' : `${running.length} workers run`} on the present backend.`,
            { fix: 'Stop every agent, then choose the backend.' },
          );
        }
        await parts.checkBackend(kind).catch((error: unknown) => {
          throw startFailure(error);
        });
        await parts.chooseBackend(kind, `user:${caller.userId}`);
        const active = backend?.pool.kind ?? null;
        return { json: { backend: kind, active, restart_required: active !== null && active !== kind } };
      },
    },
  ];
}
