export { AccessDeniedError } from './errors/access-denied-error.js';
export { AuthError } from './errors/auth-error.js';
export { createGuard } from './guard/guard.js';
export type { Denial, Guard, GuardOptions, LoadResource } from './guard/guard.js';
export { assertAllRoutesGuarded, listRoutes } from './guard/route-inventory.js';
export type { GuardedRoute, RouteHolder } from './guard/route-inventory.js';
