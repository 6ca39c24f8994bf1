import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { LINK_CODES, LINK_PATH, type LinkCode } from '@clawforce/protocol';
import { Server, type Socket } from 'socket.io';
import { AuthError } from '../auth/auth-parts.js';
import type { AuthService } from '../auth/auth-service.js';
import type { SessionEndings } from '../auth/session-ends.js';
import type { Caller } from '../http/route.js';
import { AgentWatch, type AgentWatchParts } from './agent-watch.js';
import { BoundedSocket } from './bounded-socket.js';
import { FleetWatch, type FleetWatchParts } from './fleet-watch.js';
import { PendingConnections } from './pending-connections.js';

/** Parts of the browser socket. */
export interface UiSocketParts extends AgentWatchParts, FleetWatchParts {
  readonly auth: AuthService;
  readonly endings: SessionEndings;
  /** The server's own origin and the exact origins of CORS_ORIGINS. */
  readonly origins: () => readonly string[];
  /** The address of a client, behind the proxies that are trusted. */
  readonly addressOf: (request: IncomingMessage) => string;
}

/** Until a ticket is accepted, in milliseconds. */
const ADMIT_MS = 5_000;
const FRAMES_PER_SECOND = 50;
const MAX_WATCHED = 1000;
/** Connections of one address that have not shown a ticket yet. */
const MAX_PENDING = 20;

/**
 * Serves the `/ui` namespace: a browser presents a single-use ticket, watches agents that it may read, and resumes each
 * stream behind the last activity id that it saw. Everything it hears is also in the API.
 */
export function attachUiSocket(http: HttpServer, parts: UiSocketParts): Server {
  const pending = new PendingConnections(MAX_PENDING);
  const io = new Server(http, {
    path: LINK_PATH,
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
    maxHttpBufferSize: 64 * 1024,
    connectTimeout: ADMIT_MS,
    allowRequest: (request, decide) => {
      const { origin } = request.headers;
      const known = origin === undefined || parts.origins().includes(origin);
      decide(null, known && pending.take(request, parts.addressOf(request)));
    },
  });
  // The main namespace has no use here; whoever joined it would stay for ever without having signed in.
  io.use((_socket, next) => next(refusal('There is nothing here; use /ui.')));
  const ui = io.of('/ui');
  ui.use((socket, next) => {
    admit(parts, socket).then(
      () => {
        pending.admitted(socket.conn.request);
        next();
      },
      () => next(refusal('The ticket is not valid.')),
    );
  });
  ui.on('connection', (socket) => serve(parts, socket));
  return io;
}

function refusal(message: string): Error {
  return Object.assign(new Error(message), { data: { code: LINK_CODES.token } });
}

async function admit({ auth, addressOf }: UiSocketParts, socket: Socket): Promise<void> {
  const ticket: unknown = (socket.handshake.auth as { ticket?: unknown }).ticket;
  if (typeof ticket !== 'string') throw new AuthError('TICKET_INVALID');
  const caller = await auth.redeemStreamToken(ticket, {
    ip: addressOf(socket.conn.request),
    userAgent: socket.handshake.headers['user-agent'] ?? '',
  });
  (socket.data as { caller: Caller }).caller = caller;
}

function serve(parts: UiSocketParts, socket: Socket): void {
  const { caller } = socket.data as { caller: Caller };
  const watched = new Map<string, AgentWatch>();
  let fleet: FleetWatch | undefined;
  const bounded = new BoundedSocket(socket);
  const send = (name: string, body: object): void => bounded.send(name, body);
  const close = (code: LinkCode, reason: string): void => {
    socket.emit('bye', { code, reason });
    socket.disconnect(true);
  };
  const forgetSession = caller.sessionId
    ? parts.endings.onEnd(
        caller.sessionId,
        () => close(LINK_CODES.token, 'The session has ended.'),
        caller.role,
      )
    : () => undefined;

  let frames = 0;
  const frameTimer = setInterval(() => (frames = 0), 1000);
  socket.use((_event, next) => {
    frames += 1;
    if (frames > FRAMES_PER_SECOND) close(LINK_CODES.tooFast, 'Too many frames in a second.');
    else next();
  });

  socket.on('watch', (request: unknown, reply: unknown) => {
    const answer = typeof reply === 'function' ? (reply as (body: object) => void) : () => undefined;
    const { agent_id: agentId, after } = (request ?? {}) as { agent_id?: unknown; after?: unknown };
    if (typeof agentId !== 'string' || !isCursor(after) || watched.size >= MAX_WATCHED) {
      answer({ ok: false, code: 'BAD_REQUEST' });
      return;
    }
    watched.get(agentId)?.end();
    const watch = new AgentWatch(parts, send, caller, agentId);
    watched.set(agentId, watch);
    const forget = (): void => {
      watch.end();
      if (watched.get(agentId) === watch) watched.delete(agentId);
    };
    watch.begin(after).then(
      ({ found, gap, last }) => {
        if (!found) forget();
        answer(found ? { ok: true, gap, last } : { ok: false, code: 'NOT_FOUND' });
      },
      () => {
        forget();
        answer({ ok: false, code: 'INTERNAL' });
      },
    );
  });
  socket.on('watch_fleet', (request: unknown, reply: unknown) => {
    const answer = typeof reply === 'function' ? (reply as (body: object) => void) : () => undefined;
    const { after } = (request ?? {}) as { after?: unknown };
    if (after !== undefined && (typeof after !== 'string' || after.length > 64)) {
      answer({ ok: false, code: 'BAD_REQUEST' });
      return;
    }
    fleet?.end();
    fleet = new FleetWatch(parts, caller, send);
    answer({ ok: true, ...fleet.begin(after) });
  });
  socket.on('unwatch', (request: unknown) => {
    const { agent_id: agentId } = (request ?? {}) as { agent_id?: unknown };
    if (typeof agentId !== 'string') return;
    watched.get(agentId)?.end();
    watched.delete(agentId);
  });
  socket.on('disconnect', () => {
    clearInterval(frameTimer);
    forgetSession();
    fleet?.end();
    for (const watch of watched.values()) watch.end();
    watched.clear();
  });
}

function isCursor(value: unknown): value is number | undefined {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
}
