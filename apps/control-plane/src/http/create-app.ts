import { randomBytes, randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { ApiError } from '../errors/api-error.js';
import { mountRoutes, setState, stateOf, type GuardFor, type SessionEnds } from './mount-routes.js';
import type { Route } from './route.js';
import { toApiError } from './to-api-error.js';

/** What {@link createApp} takes. */
export interface AppOptions {
  readonly routes: readonly Route[];
  readonly guardFor: GuardFor;
  readonly sessions: SessionEnds;
  /** Exact origins that browsers may call from; the server's own needs no entry. */
  readonly corsOrigins: readonly string[];
  /** Express's `trust proxy`: a hop count or a list of networks. */
  readonly trustProxy: number | readonly string[] | undefined;
  /** Whether the public URL is https. */
  readonly secure: boolean;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: ApiError, request: { method: string; path: string; requestId: string }) => void;
  /** Pages and static files, mounted behind the API. */
  readonly pages?: (app: Express) => void;
}

/** Gives the Express app: security headers, CORS, routes and the one place that turns failures into answers. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  if (options.trustProxy !== undefined) {
    app.set(
      'trust proxy',
      typeof options.trustProxy === 'number' ? options.trustProxy : [...options.trustProxy],
    );
  }
  app.use((request, response, next) => {
    const requestId = randomUUID();
    response.setHeader('x-request-id', requestId);
    response.locals['nonce'] = randomBytes(16).toString('base64');
    setState(request, { requestId, ip: request.ip ?? 'unknown' });
    next();
  });
  app.use(securityHeaders(options.secure));
  app.use('/api', cors(options.corsOrigins), noStore);
  app.use(refuseTokenInUrl);
  mountRoutes(app, options.routes, options.guardFor, options.sessions);
  options.pages?.(app);
  app.use((request, _response, next) => {
    const known = options.routes.some(({ path }) => pathPattern(path).test(request.path));
    next(
      known
        ? new ApiError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here.`)
        : new ApiError('NOT_FOUND', 'There is nothing at this path.'),
    );
  });
  app.use(answerFailure(options.onFailure));
  return app;
}

function securityHeaders(secure: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': [
          (_request, response) =>
            `'nonce-${(response as unknown as { locals: { nonce: string } }).locals.nonce}'`,
          // What a script of ours imports is ours; no list of hosts decides.
          "'strict-dynamic'",
        ],
        'style-src': [
          (_request, response) =>
            `'nonce-${(response as unknown as { locals: { nonce: string } }).locals.nonce}'`,
        ],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        // Includes the socket: 'self' covers ws and wss of the same host and port (CSP 3 section 6.7.2.8).
        'connect-src': ["'self'"],
        'object-src': ["'none'"],
        'form-action': ["'self'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
        // Text never becomes markup or script, wherever it comes from.
        'require-trusted-types-for': ["'script'"],
        'trusted-types': ["'none'"],
        ...(secure ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

function cors(origins: readonly string[]): RequestHandler {
  const allowed = new Set(origins);
  return (request, response, next) => {
    response.vary('Origin');
    const { origin } = request.headers;
    if (origin !== undefined && allowed.has(origin)) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
      response.setHeader('access-control-expose-headers', 'etag, x-request-id, retry-after');
      if (request.method === 'OPTIONS') {
        response.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE');
        response.setHeader(
          'access-control-allow-headers',
          'authorization, content-type, if-match, if-none-match, last-event-id',
        );
        response.setHeader('access-control-max-age', '600');
        response.status(204).end();
        return;
      }
    }
    next();
  };
}

const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

// URLs end up in logs and histories (ASVS 14.2.1).
const refuseTokenInUrl: RequestHandler = (request, _response, next) => {
  const names = Object.keys(request.query).map((name) => name.toLowerCase());
  const found = ['token', 'access_token', 'refresh_token'].some((name) => names.includes(name));
  next(
    found
      ? new ApiError('BAD_REQUEST', 'Tokens do not belong into a URL.', {
          fix: 'Send "authorization: Bearer …".',
        })
      : undefined,
  );
};

function answerFailure(onFailure: AppOptions['onFailure']): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const failure = toApiError(error);
    const { requestId } = stateOf(request);
    if (failure.status >= 500) onFailure(failure, { method: request.method, path: request.path, requestId });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (failure.code === 'UNAUTHENTICATED' || failure.code === 'TOKEN_EXPIRED')
      response.setHeader('www-authenticate', 'Bearer');
    if (failure.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(Math.ceil(failure.retryAfterSeconds)));
    response.status(failure.status).json({
      error: failure.message,
      code: failure.code,
      request_id: requestId,
      ...(failure.fix === undefined ? {} : { fix: failure.fix }),
      ...(failure.issues === undefined ? {} : { issues: failure.issues }),
    });
  };
}

function pathPattern(path: string): RegExp {
  const source = path
    .replace(/[.*+?^$()|[\]\\]/g, (character) => (character === '*' ? '*' : `\\${character}`))
    .replace(/\{\w+\*\}/g, '.+')
    .replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}
