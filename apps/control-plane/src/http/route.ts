import type { Request, Response } from 'express';
import type { ApiErrorCode } from '../errors/api-error.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';

/** A JSON Schema (draft 2020-12 subset); the same object validates the request and appears in the OpenAPI document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Who calls, as the connection proved it. */
export interface Caller {
  readonly userId: string;
  readonly username: string;
  readonly role: 'superadmin' | 'admin' | 'viewer';
  /** Absent on the admin socket, where the operating-system user is the authority. */
  readonly sessionId?: string;
  /** When the access token ends; a stream of the caller ends with it. */
  readonly expiresAt?: Date;
  /** Address for limits and audit; `local` on the admin socket. */
  readonly ip: string;
  readonly userAgent: string;
}

/** Who may use a route. */
export type Access =
  /** Nobody has to sign in; the reason is part of the route list. */
  | { readonly public: string }
  /** A signed-in caller whose role admits the action. */
  | { readonly action: string }
  /** The action on the agent that the path names; a foreign agent is answered like a missing one. */
  | { readonly action: string; readonly on: 'agent' };

/** A request after authentication, the owner check and validation. */
export interface RouteContext {
  readonly request: Request;
  readonly response: Response;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Validated against the route's schema; undefined without one. */
  readonly body: unknown;
  /** @throws TypeError on a public route. */
  readonly caller: Caller;
  /** @throws TypeError on a route that is not `on: 'agent'`. */
  readonly agent: AgentRecord;
  readonly requestId: string;
  readonly ip: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What a handler answers; `streamed` when it has written to the response itself. */
export type Reply =
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly bytes?: Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly streamed: true };

/** One route: its access rule, its schemas and its handler in one place. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{name}` for a segment and `{name*}` for the rest of the path. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  /** Schema of an object with one property for each query parameter. */
  readonly query?: JsonSchema;
  readonly body?: JsonSchema;
  /** What the OpenAPI document shows instead of `body`, where the handler validates by this one with better messages. */
  readonly documentedBody?: JsonSchema;
  /** The body may also come as an HTML form. */
  readonly form?: boolean;
  /** Media types of the body besides JSON; the handler then gets a Buffer. */
  readonly rawBody?: readonly string[];
  /** Bytes; 100 KiB by default. */
  readonly bodyLimit?: number;
  readonly responses: Readonly<
    Record<
      number,
      { readonly description: string; readonly schema?: JsonSchema; readonly mediaType?: string }
    >
  >;
  /** Codes beyond those that every route may answer. */
  readonly errors?: readonly ApiErrorCode[];
  /** Not reachable through the public listener. */
  readonly adminSocketOnly?: boolean;
  handle(context: RouteContext): Promise<Reply> | Reply;
}
