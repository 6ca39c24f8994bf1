import { assertAllRoutesGuarded } from '@clawforce/auth-rbac/express';
import type { Express } from 'express';
import { createApp, type AppOptions } from '../http/create-app.js';
import type { DashboardFiles } from '../ui/dashboard-files.js';
import { DASHBOARD_ROUTES } from '../ui/mount-dashboard.js';
import { mountPages, PLAIN_PAGES } from '../ui/pages.js';

/** What nobody has to sign in for, spelled out: a route that becomes public elsewhere does not start. */
export const PUBLIC_ROUTES: readonly string[] = Object.freeze([
  'GET /healthz',
  'GET /readyz',
  'GET /api/openapi.json',
  'POST /api/auth/login',
  'POST /api/auth/claim',
  'POST /api/auth/refresh',
  'POST /api/auth/logout',
  'GET /api/docs',
]);

/** What {@link createPublicApp} takes. */
export interface PublicAppOptions extends Omit<AppOptions, 'pages'> {
  /** Absent where it is not built. */
  readonly dashboard?: DashboardFiles | undefined;
}

/**
 * Gives the app of the public listener: every route but those of the command line.
 *
 * @throws Error that names each route without a guard, and each that is public without being in {@link PUBLIC_ROUTES}.
 */
export function createPublicApp({ dashboard, ...options }: PublicAppOptions): Express {
  const routes = options.routes.filter(({ adminSocketOnly }) => adminSocketOnly !== true);
  const app = createApp({
    ...options,
    routes,
    pages: (express) => mountPages(express, routes, options.guardFor, dashboard),
  });
  assertAllRoutesGuarded(app, {
    public: [...PUBLIC_ROUTES, ...(dashboard ? DASHBOARD_ROUTES : PLAIN_PAGES)],
  });
  return app;
}
