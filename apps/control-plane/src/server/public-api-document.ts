import { openApiDocument } from '../http/openapi.js';
import type { Route } from '../http/route.js';
import { VERSION } from '../version.js';
import { allRoutes, type RouteSources } from './routes.js';

// Routes are data: nothing of what they serve from is touched before a request comes.
const nothing: unknown = new Proxy({}, { get: () => nothing });

/** Gives the routes as data, without anything that they serve from: to describe them, not to call them. */
export function describedRoutes(): Route[] {
  return allRoutes({
    core: nothing,
    services: nothing,
    live: undefined,
    secure: false,
    stopping: () => false,
  } as unknown as RouteSources);
}

/** Gives the OpenAPI document of the public API without a server, for the build of clients. */
export function publicApiDocument(): Record<string, unknown> {
  return openApiDocument(describedRoutes(), VERSION);
}
