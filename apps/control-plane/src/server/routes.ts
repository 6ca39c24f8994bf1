import { probeConfiners } from '@clawforce/policy-shell/run';
import { ApiError } from '../errors/api-error.js';
import { adminRoutes } from '../http/routes/admin-routes.js';
import { agentRoutes } from '../http/routes/agent-routes.js';
import { auditRoutes } from '../http/routes/audit-routes.js';
import { drillRoutes } from '../http/routes/drill-routes.js';
import { authRoutes } from '../http/routes/auth-routes.js';
import { configRoutes } from '../http/routes/config-routes.js';
import { logRoutes } from '../http/routes/log-routes.js';
import { messageRoutes } from '../http/routes/message-routes.js';
import { nowRoutes } from '../http/routes/now-routes.js';
import { presetRoutes } from '../http/routes/preset-routes.js';
import { runtimeRoutes } from '../http/routes/runtime-routes.js';
import { systemRoutes } from '../http/routes/system-routes.js';
import { toolRoutes } from '../http/routes/tool-routes.js';
import { workspaceRoutes } from '../http/routes/workspace-routes.js';
import { openApiDocument } from '../http/openapi.js';
import type { Route } from '../http/route.js';
import type { DrillService } from '../drills/drill-service.js';
import type { MessageService } from '../messages/message-service.js';
import { VERSION } from '../version.js';
import type { Backend } from './backend.js';
import { commandWalls } from './command-walls.js';
import type { Core, LiveParts, Services } from './core.js';
import { checkBackend, chooseBackend } from './open-backend.js';
import { unconfinedExec } from './unconfined-exec.js';
import { unsafeServerSettings } from './unsafe-server-settings.js';
import { uidMode } from './worker-user.js';

/** What the routes serve from. */
export interface RouteSources {
  readonly core: Core;
  readonly services: Services;
  /** Only while the server runs. */
  readonly live:
    | (LiveParts & {
        readonly messages: MessageService;
        readonly backend: Backend;
        readonly drills: DrillService;
      })
    | undefined;
  readonly secure: boolean;
  readonly stopping: () => boolean;
}

/** Gives every route of the control plane; those of the command line are marked `adminSocketOnly`. */
export function allRoutes({ core, services, live, secure, stopping }: RouteSources): Route[] {
  const { settings, storage, auth, setup, feed, files } = core;
  const { agents, configs, tools, refusals, unsafe } = services;
  // Found by running commands, so it is done once, for the first who asks.
  let probed: ReturnType<typeof probeConfiners> | undefined;
  const confiners = (): ReturnType<typeof probeConfiners> => (probed ??= probeConfiners());
  const routes: Route[] = [
    ...systemRoutes({
      storage,
      stopping,
      openApi: () => openApiDocument(routes, VERSION),
    }),
    ...runtimeRoutes({
      storage,
      backend: live?.backend,
      version: VERSION,
      maxLevel: settings.maxLevel,
      unconfinedExec: unconfinedExec(settings, live?.pool.kind),
      uidMode: uidMode(),
      commandWalls: async (pool) =>
        commandWalls({ pool, confiners: await confiners(), unconfinedExec: settings.unconfinedExec }),
      checkBackend: (kind) => checkBackend(core, kind),
      chooseBackend: (kind, actor) => chooseBackend(core, kind, actor),
    }),
    ...authRoutes({ auth, setup, secure, corsOrigins: settings.corsOrigins }),
    ...agentRoutes({ agents, lifecycle: live?.lifecycle, hub: live?.hub }),
    ...nowRoutes({
      storage,
      agents,
      refusals,
      unsafe,
      serverUnsafe: () => unsafeServerSettings(settings, live?.pool.kind),
    }),
    ...configRoutes({
      configs,
      requireRecentPassword: async ({ caller }) => {
        const fresh = await auth.isFresh(caller);
        return () => {
          if (fresh) return;
          throw new ApiError(
            'REAUTHENTICATION_REQUIRED',
            'This change loosens safety and needs your password again.',
            {
              fix: 'POST /api/auth/reauthenticate with your password, then save within five minutes.',
            },
          );
        };
      },
    }),
    ...presetRoutes({ maxLevel: settings.maxLevel, pool: live?.pool }),
    ...workspaceRoutes({ files }),
    ...messageRoutes({ storage, messages: live?.messages }),
    ...logRoutes({ storage, feed, agents, files, pool: live?.pool }),
    ...toolRoutes({ tools }),
    ...auditRoutes({ storage }),
    ...adminRoutes({ auth, setup, storage }),
    ...drillRoutes({ storage, drills: live?.drills }),
  ];
  return routes;
}
