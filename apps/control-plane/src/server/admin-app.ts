import type { Server } from 'node:http';
import { assertAllRoutesGuarded } from '@clawforce/auth-rbac/express';
import { LOCAL_USER_ID } from '../agents/agent-service.js';
import { createApp, type AppOptions } from '../http/create-app.js';
import type { Caller, Route } from '../http/route.js';
import type { Core } from './core.js';
import { guardFor } from './guard-for.js';
import { createStoppableServer } from './stoppable-server.js';

/** The operating-system user behind the admin socket. */
export const LOCAL_CALLER: Caller = Object.freeze({
  userId: LOCAL_USER_ID,
  username: 'local',
  role: 'superadmin',
  ip: 'local',
  userAgent: 'clawforce',
});

/** Gives the HTTP server of the admin socket: every route, and its caller is the operating-system user. */
export function createAdminServer(
  core: Core,
  routes: readonly Route[],
  onFailure: AppOptions['onFailure'],
): Server {
  const app = createApp({
    routes,
    guardFor: guardFor(core.storage, () => Promise.resolve(LOCAL_CALLER)),
    sessions: core.endings,
    corsOrigins: [],
    trustProxy: undefined,
    secure: false,
    onFailure,
  });
  assertAllRoutesGuarded(app);
  return createStoppableServer(app);
}
