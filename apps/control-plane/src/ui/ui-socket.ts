import type { Server as HttpServer } from 'node:http';
import { LINK_PATH } from '@clawforce/protocol';
import { Server, type Socket } from 'socket.io';
import { AuthError } from '../auth/auth-parts.js';
import type { AuthService } from '../auth/auth-service.js';
import type { SessionEndings } from '../auth/session-ends.js';
import type { AgentService } from '../agents/agent-service.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import { activityView } from '../http/routes/log-routes.js';
import { messageView } from '../http/routes/message-routes.js';
import type { Caller } from '../http/route.js';
import type { Storage } from '../storage/index.js';

/** Parts of the browser socket. */
export interface UiSocketParts {
  readonly auth: AuthService;
  readonly endings: SessionEndings;
  readonly storage: Storage;
  readonly feed: ActivityFeed;
  readonly agents: AgentService;
  /** The server's own origin and the exact origins of CORS_ORIGINS. */
  readonly origins: () => readonly string[];
}

const REPLAY = 200;

/**
 * Serves the `/ui` namespace: a browser presents a single-use ticket, watches agents that it may read, and resumes each
 * stream behind the last activity id that it saw. Everything it hears is also in the API.
 */
export function attachUiSocket(http: HttpServer, parts: UiSocketParts): Server {
  const io = new Server(http, {
    path: LINK_PATH,
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
    maxHttpBufferSize: 64 * 1024,
    connectTimeout: 5_000,
    allowRequest: (request, decide) => {
      const { origin } = request.headers;
      decide(null, origin === undefined || parts.origins().includes(origin));
    },
  });
  const ui = io.of('/ui');
  ui.use((socket, next) => {
    admit(parts, socket).then(
      () => next(),
      () => next(Object.assign(new Error('The ticket is not valid.'), { data: { code: 4401 } })),
    );
  });
  ui.on('connection', (socket) => serve(parts, socket));
  return io;
}

async function admit({ auth }: UiSocketParts, socket: Socket): Promise<void> {
  const ticket: unknown = (socket.handshake.auth as { ticket?: unknown }).ticket;
  if (typeof ticket !== 'string') throw new AuthError('TICKET_INVALID');
  const caller = await auth.redeemStreamToken(ticket, {
    ip: socket.handshake.address,
    userAgent: socket.handshake.headers['user-agent'] ?? '',
  });
  (socket.data as { caller: Caller }).caller = caller;
}

function serve(parts: UiSocketParts, socket: Socket): void {
  const { caller } = socket.data as { caller: Caller };
  const watched = new Map<string, () => void>();
  const forgetSession = caller.sessionId
    ? parts.endings.onEnd(caller.sessionId, () => {
        socket.emit('bye', { code: 4401, reason: 'The session has ended.' });
        socket.disconnect(true);
      })
    : () => undefined;

  socket.on('watch', (request: unknown, reply: unknown) => {
    const answer = typeof reply === 'function' ? (reply as (body: object) => void) : () => undefined;
    const { agent_id: agentId, after } = (request ?? {}) as { agent_id?: unknown; after?: unknown };
    if (typeof agentId !== 'string' || watched.size >= 1000) {
      answer({ ok: false, code: 'BAD_REQUEST' });
      return;
    }
    watch(parts, socket, caller, agentId, typeof after === 'number' ? after : undefined, watched).then(
      (found) => answer(found ? { ok: true } : { ok: false, code: 'NOT_FOUND' }),
      () => answer({ ok: false, code: 'INTERNAL' }),
    );
  });
  socket.on('unwatch', (request: unknown) => {
    const { agent_id: agentId } = (request ?? {}) as { agent_id?: unknown };
    if (typeof agentId !== 'string') return;
    watched.get(agentId)?.();
    watched.delete(agentId);
  });
  socket.on('disconnect', () => {
    forgetSession();
    for (const end of watched.values()) end();
    watched.clear();
  });
}

async function watch(
  { storage, feed, agents }: UiSocketParts,
  socket: Socket,
  caller: Caller,
  agentId: string,
  after: number | undefined,
  watched: Map<string, () => void>,
): Promise<boolean> {
  const agent = await storage.agents.get(agentId);
  const visible =
    agent !== undefined && (caller.role === 'superadmin' || agent.ownerUserId === caller.userId);
  if (!visible) return false;
  watched.get(agentId)?.();
  let cursor = after ?? 0;
  const end = feed.subscribe(agentId, (item) => {
    switch (item.kind) {
      case 'event':
        if (item.event.id <= cursor) return;
        cursor = item.event.id;
        socket.emit('activity', { agent_id: agentId, ...activityView(item.event) });
        return;
      case 'delta':
        socket.emit('delta', { agent_id: agentId, ...item.delta });
        return;
      case 'message':
        socket.emit('message', { agent_id: agentId, ...messageView(item.message) });
        return;
      case 'removed':
        socket.emit('removed', { agent_id: agentId });
        return;
      case 'status':
        // An agent that was given to somebody else is no longer this caller's to watch.
        if (caller.role !== 'superadmin' && item.agent.ownerUserId !== caller.userId) {
          watched.get(agentId)?.();
          watched.delete(agentId);
          socket.emit('removed', { agent_id: agentId });
          return;
        }
        void agents.view(item.agent).then((view) => socket.emit('status', view));
    }
  });
  watched.set(agentId, end);
  if (after !== undefined) {
    for (const event of await storage.events.after(agentId, after, REPLAY)) {
      if (event.id <= cursor && event.id <= after) continue;
      cursor = Math.max(cursor, event.id);
      socket.emit('activity', { agent_id: agentId, ...activityView(event) });
    }
  }
  return true;
}
