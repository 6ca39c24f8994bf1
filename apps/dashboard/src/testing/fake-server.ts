import type { UiSocket } from '../live/ui-socket.js';
import type { SessionChannel, SessionNews } from '../session/session-channel.js';

/** Answers one request; anything but a Response is sent as JSON with status 200. */
export type Answer = (request: Request) => unknown;

/** The other end of `fetch` and of the socket in component tests: what the server would send, and nothing of the page. */
export interface FakeServer {
  readonly send: (request: Request) => Promise<Response>;
  readonly openSocket: () => Promise<UiSocket>;
  /** Sets or replaces the answer to `GET /api/agents`, `POST /api/agents/a1/start` and so on (path without query). */
  on(route: string, answer: Answer): void;
  /** Every request so far, as `METHOD /path?query`. */
  readonly asked: readonly string[];
  /** Bodies sent to a route, parsed. */
  bodies(route: string): unknown[];
  /** Sends a frame over every open socket. */
  push(name: string, body: object): void;
  /** Frames that pages sent, as `[name, body]`. */
  readonly frames: readonly (readonly [string, object])[];
  /** Cuts every open socket; while `down`, no new one is admitted. */
  cutSockets(): void;
  down: boolean;
}

/** Gives an error answer as the API sends it. */
export function refusal(status: number, code: string, error: string, more: object = {}): Response {
  return json({ error, code, request_id: 'request-1', ...more }, status);
}

/** Gives a JSON answer. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Makes a server at which somebody is signed in; tests replace what matters to them. */
export function createFakeServer(): FakeServer {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const sent = new Map<string, unknown[]>();
  const frames: [string, object][] = [];
  const sockets = new Set<FakeSocket>();
  // Ids of the last activity of each agent.
  const last = new Map<string, number>();
  const server: FakeServer = {
    down: false,
    asked,
    frames,
    on: (route, answer) => void answers.set(route, answer),
    bodies: (route) => sent.get(route) ?? [],
    push(name, body) {
      const { agent_id: agentId, id } = body as { agent_id?: unknown; id?: unknown };
      if (name === 'activity' && typeof agentId === 'string') last.set(agentId, Number(id));
      for (const socket of sockets) socket.hear(name, body);
    },
    cutSockets() {
      for (const socket of [...sockets]) socket.cut();
    },
    async send(request) {
      const { pathname, search } = new URL(request.url);
      const route = `${request.method} ${pathname}`;
      asked.push(route + search);
      const body = await request.clone().text();
      sent.set(route, [...(sent.get(route) ?? []), body === '' ? undefined : parse(body)]);
      const answer = answers.get(route);
      if (!answer) return refusal(404, 'NOT_FOUND', `The test has no answer to ${route}.`);
      const given = await answer(request);
      return given instanceof Response ? given : json(given, given === undefined ? 204 : 200);
    },
    openSocket() {
      if (server.down) return Promise.reject(new Error('connect_error'));
      const socket = new FakeSocket(
        frames,
        (agentId) => last.get(agentId) ?? 0,
        () => sockets.delete(socket),
      );
      sockets.add(socket);
      return Promise.resolve(socket);
    },
  };
  server.on('POST /api/auth/refresh', () => ({
    access_token: 'token-1',
    token_type: 'Bearer',
    expires_in: 900,
    user_id: 'u1',
  }));
  server.on('POST /api/auth/stream-token', () => ({
    ticket: 'ticket-1',
    expires_at: new Date().toISOString(),
  }));
  server.on('GET /api/auth/me', () => ({
    id: 'u1',
    username: 'admin',
    role: 'superadmin',
    session_id: 's1',
    reauthenticated_until: null,
    permissions: [],
  }));
  server.on('GET /api/agents', () => ({ items: [] }));
  return server;
}

/** Gives the channel of a browser with one tab; `tell` of other tabs is played with the returned `hear`. */
export function createFakeChannel(): SessionChannel & {
  hear(news: SessionNews): void;
  readonly told: SessionNews[];
} {
  const listeners = new Set<(news: SessionNews) => void>();
  const told: SessionNews[] = [];
  return {
    told,
    tell: (news) => void told.push(news),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    alone: (task) => task(),
    hear(news) {
      for (const listener of listeners) listener(news);
    },
  };
}

class FakeSocket implements UiSocket {
  readonly #frames: [string, object][];
  readonly #lastOf: (agentId: string) => number;
  readonly #forget: () => void;
  readonly #listeners: ((name: string, body: unknown) => void)[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(frames: [string, object][], lastOf: (agentId: string) => number, forget: () => void) {
    this.#frames = frames;
    this.#lastOf = lastOf;
    this.#forget = forget;
  }

  ask(name: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    this.#frames.push([name, body]);
    const { agent_id: agentId, after = 'start' } = body as { agent_id?: string; after?: unknown };
    const where = agentId === undefined ? { cursor: after } : { last: this.#lastOf(agentId) };
    return Promise.resolve({ ok: true, gap: false, ...where });
  }

  send(name: string, body: object): void {
    this.#frames.push([name, body]);
  }

  onFrame(listener: (name: string, body: unknown) => void): void {
    this.#listeners.push(listener);
  }

  onEnd(listener: () => void): void {
    this.#ends.push(listener);
  }

  close(): void {
    this.#forget();
  }

  hear(name: string, body: object): void {
    for (const listener of this.#listeners) listener(name, body);
  }

  cut(): void {
    this.#forget();
    for (const end of this.#ends) end();
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
