import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { ApiError } from '../errors/api-error.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { assertPlainJson } from './plain-json.js';
import { bodyValidator, queryValidator } from './request-validator.js';
import type { Caller, Reply, Route, RouteContext } from './route.js';

/** What a request carries on its way to a handler. */
export interface RequestState {
  readonly requestId: string;
  readonly ip: string;
  caller?: Caller;
  agent?: AgentRecord;
}

const states = new WeakMap<Request, RequestState>();

/** Gives the state of a request; it is made by the first middleware. */
export function stateOf(request: Request): RequestState {
  const state = states.get(request);
  if (!state) throw new TypeError('the request has no state yet');
  return state;
}

/** Attaches the state of a request. */
export function setState(request: Request, state: RequestState): void {
  states.set(request, state);
}

/** Gives the middleware that lets a request through to a route, or ends it with an error. */
export type GuardFor = (route: Pick<Route, 'access'>) => readonly RequestHandler[];

const DEFAULT_BODY_LIMIT = 100 * 1024;

/** Mounts the routes on an app: guard first, then body and query checks, then the handler. */
export function mountRoutes(
  app: Express,
  routes: readonly Route[],
  guardFor: GuardFor,
  sessions: SessionEnds,
): void {
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\*\}/g, '*$1').replace(/\{(\w+)\}/g, ':$1');
    app[route.method](path, ...guardFor(route), ...bodyParsers(route), handler(route, sessions));
  }
}

function bodyParsers(route: Route): RequestHandler[] {
  const limit = route.bodyLimit ?? DEFAULT_BODY_LIMIT;
  const raw = route.rawBody ? [express.raw({ type: [...route.rawBody], limit })] : [];
  if (!route.body) return raw;
  // RFC 6902/7396 media types are JSON too. Without a content type nothing is parsed, and the schema refuses.
  const json = express.json({ limit, strict: false, type: ['application/json', 'application/*+json'] });
  return route.form
    ? [json, express.urlencoded({ extended: false, limit, parameterLimit: 20 })]
    : [...raw, json];
}

function handler(route: Route, sessions: SessionEnds): RequestHandler {
  const checkBody = route.body ? bodyValidator(route.body) : undefined;
  const checkQuery = queryValidator(route.query ?? { properties: {} });
  return async (request, response) => {
    const state = stateOf(request);
    const controller = new AbortController();
    const release = endWithSession(state.caller, controller, sessions);
    response.once('close', () => {
      release();
      controller.abort();
    });
    const raw: unknown = request.body;
    const bytes = route.rawBody !== undefined && Buffer.isBuffer(raw);
    if (checkBody && !bytes) {
      if (raw === undefined) {
        throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'This route takes a JSON body.', {
          fix: 'Send "content-type: application/json".',
        });
      }
      assertPlainJson(raw);
    }
    const context: RouteContext = {
      request,
      response,
      params: pathParameters(request),
      query: checkQuery(request.query) as Record<string, unknown>,
      body: checkBody && !bytes ? checkBody(raw) : raw,
      get caller() {
        if (!state.caller) throw new TypeError('a public route has no caller');
        return state.caller;
      },
      get agent() {
        if (!state.agent) throw new TypeError('the route names no agent');
        return state.agent;
      },
      requestId: state.requestId,
      ip: state.ip,
      signal: controller.signal,
    };
    const reply = await route.handle(context);
    if ('streamed' in reply) return;
    send(response, reply);
  };
}

/** Tells when sessions end, so that what they hold open ends with them. */
export interface SessionEnds {
  /** Calls back once when the session ends or its user gets another role; gives the function that forgets the call. */
  onEnd(sessionId: string, callback: () => void, role?: string): () => void;
}

/** Ends a long answer when the caller's token runs out or the session is revoked. */
function endWithSession(
  caller: Caller | undefined,
  controller: AbortController,
  sessions: SessionEnds,
): () => void {
  if (!caller?.sessionId) return () => undefined;
  const forget = sessions.onEnd(caller.sessionId, () => controller.abort(), caller.role);
  const timer = caller.expiresAt
    ? setTimeout(() => controller.abort(), Math.max(0, caller.expiresAt.getTime() - Date.now()))
    : undefined;
  return () => {
    forget();
    clearTimeout(timer);
  };
}

function pathParameters(request: Request): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params as Record<string, string | string[]>)) {
    result[name] = Array.isArray(value) ? value.join('/') : value;
  }
  return result;
}

function send(response: Response, reply: Exclude<Reply, { streamed: true }>): void {
  response.status(
    reply.status ??
      (reply.json === undefined && reply.text === undefined && reply.bytes === undefined ? 204 : 200),
  );
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.json !== undefined) response.json(reply.json);
  else if (reply.text !== undefined) response.send(reply.text);
  else if (reply.bytes !== undefined) response.end(reply.bytes);
  else response.end();
}
