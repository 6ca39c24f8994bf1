import { guardMarkOf, type GuardMark } from './guard-mark.js';

/** One route of an application and who may use it. */
export interface GuardedRoute {
  /** Upper case; `ALL` for `router.all`, `USE` for a mounted application, whose own routes cannot be seen. */
  readonly method: string;
  /** As declared, with the paths of the routers above it; a regular expression as its source. */
  readonly path: string;
  /** The action that its guard checks. */
  readonly action?: string;
  /** Why it is public. */
  readonly public?: string;
}

/** An application or router of Express 5. */
export interface RouteHolder {
  readonly router?: unknown;
  readonly stack?: unknown;
}

interface Layer {
  readonly handle?: unknown;
  readonly route?: { readonly path?: unknown; readonly stack?: unknown };
  /** As given to `use`; routers before 2.3 do not keep it. */
  readonly rawPath?: unknown;
  /** Whether `use` was given no path. */
  readonly slash?: unknown;
}

/**
 * Gives every route of an application with its guard. A guard counts when it stands before the first handler of its method
 * in the route, or was put in front with `use` on the same path of the same router or one above.
 *
 * @throws TypeError when the application has no router of Express 5 to walk.
 */
export function listRoutes(app: RouteHolder): readonly GuardedRoute[] {
  const routes: GuardedRoute[] = [];
  walk(stackOf(app), '', undefined, routes);
  return routes;
}

/**
 * Throws unless every route of the application stands behind a guard or is public on purpose: call it once before listening,
 * so that a new route without an action cannot start (research/auth-checklist D1).
 *
 * @param options.public Routes that may carry `guard.public`, as `GET /path`. When given, any other public route throws too.
 * @throws Error that names each unguarded route.
 */
export function assertAllRoutesGuarded(
  app: RouteHolder,
  options: { readonly public?: readonly string[] } = {},
): readonly GuardedRoute[] {
  const routes = listRoutes(app);
  const name = (route: GuardedRoute): string => `${route.method} ${route.path}`;
  const admitted = options.public;
  const unguarded = routes
    .filter((route) => route.action === undefined && route.public === undefined)
    .map(name);
  const unexpected = routes
    .filter((route) => route.public !== undefined && admitted?.includes(name(route)) === false)
    .map(name);
  const absent = (admitted ?? []).filter(
    (wanted) => !routes.some((route) => name(route) === wanted && route.public),
  );
  const faults = [
    ...unguarded.map((route) => `${route} has no guard`),
    ...unexpected.map((route) => `${route} is public and not on the list`),
    ...absent.map((route) => `${route} is on the list of public routes and is none`),
  ];
  if (faults.length > 0) throw new Error(`routes without a guard:\n  ${faults.join('\n  ')}`);
  return routes;
}

function stackOf(holder: RouteHolder): readonly Layer[] {
  const router = holder.router as RouteHolder | undefined;
  const stack = router?.stack ?? holder.stack;
  if (!Array.isArray(stack)) throw new TypeError('this is no application or router of Express 5');
  return stack as Layer[];
}

function walk(
  stack: readonly Layer[],
  base: string,
  inherited: GuardMark | undefined,
  found: GuardedRoute[],
): void {
  // A guard put in front by `use` covers what comes after it on the same path of this router. Being public is never
  // inherited: one line would open everything that is added later.
  const covered = new Map<unknown, GuardMark>();
  const coverOf = (path: unknown): GuardMark | undefined =>
    covered.get(path) ?? covered.get('/') ?? inherited;
  for (const layer of stack) {
    if (layer.route) {
      found.push(...routesOf(layer.route.stack, base + pathOf(layer.route.path), coverOf('/')));
      continue;
    }
    const mark = guardMarkOf(layer.handle);
    if (mark && 'action' in mark) covered.set(mountOf(layer), mark);
    const path = base + pathOf(mountOf(layer));
    if (isHolder(layer.handle)) walk(stackOf(layer.handle), path, coverOf(mountOf(layer)), found);
    else if (isMountedApp(layer.handle))
      found.push({ method: 'USE', path: path || '/', ...coverOf(mountOf(layer)) });
  }
}

// An unknown path is known to be the same as no other: such a guard covers nothing.
function mountOf(layer: Layer): unknown {
  return layer.rawPath ?? (layer.slash === true ? '/' : layer);
}

// Express wraps a mounted application in a function of this name, through which its routes cannot be seen.
function isMountedApp(handle: unknown): boolean {
  return typeof handle === 'function' && handle.name === 'mounted_app';
}

function routesOf(stack: unknown, path: string, inherited: GuardMark | undefined): GuardedRoute[] {
  const layers = Array.isArray(stack) ? (stack as (Layer & { readonly method?: string })[]) : [];
  const methods = [...new Set(layers.map((layer) => layer.method))];
  return methods.map((method) => {
    // Handlers for all methods run too, in the order of declaration; the first one that runs must be the guard.
    const first = layers.find((layer) => layer.method === method || layer.method === undefined);
    const mark = guardMarkOf(first?.handle) ?? inherited;
    return { method: method?.toUpperCase() ?? 'ALL', path: path || '/', ...mark };
  });
}

function isHolder(handle: unknown): handle is RouteHolder {
  if (typeof handle !== 'function') return false;
  const { router, stack } = handle as RouteHolder;
  return Array.isArray(stack) || Array.isArray((router as RouteHolder | undefined)?.stack);
}

function pathOf(path: unknown): string {
  if (path instanceof RegExp) return path.source;
  if (Array.isArray(path)) return `{${path.map(pathOf).join(',')}}`;
  if (typeof path === 'string') return path === '/' ? '' : path;
  return path === undefined ? '' : '/(unknown)';
}
