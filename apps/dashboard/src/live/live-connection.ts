import { ApiFailure } from '../api/api-failure.js';
import type { UiSocket } from './ui-socket.js';

/** How fresh what the page shows is. */
export type LiveState =
  /** The first connection is being made. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing has come since then; a new attempt is on its way. `failure` is why the last one was refused, if it was. */
  | { readonly kind: 'lost'; readonly since: number; readonly failure?: ApiFailure };

/** What a watcher of one agent hears. */
export interface AgentListener {
  /** Name and body of a frame: `activity`, `delta`, `message`, `status` or `removed`. */
  readonly onFrame: (name: string, body: unknown) => void;
  /** Frames were missed for good, or may have been since the page was read: what is shown must be read again. */
  readonly onGap: () => void;
  /** The stream goes on behind a cut. Activity is sent again; other frames are not, and what they tell of must be read. */
  readonly onResume: () => void;
}

/** What a watcher of the whole fleet hears. */
export interface FleetListener {
  /** `agent`, `agent_removed` or `refusal`. */
  readonly onFrame: (name: string, body: unknown) => void;
  /** The stream begins or goes on, and frames may have been missed since the lists were read: they must be read again. */
  readonly onGap: () => void;
}

/** What {@link LiveConnection} stands on; tests give their own. */
export interface LiveParts {
  /** Opens a socket that has been admitted, with a ticket of its own. */
  readonly open: () => Promise<UiSocket>;
  readonly now: () => number;
}

interface Watch {
  readonly listeners: Set<AgentListener>;
  /** Id of the last activity that there was; the server resumes behind it. Undefined until the first answer. */
  cursor: number | undefined;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

/**
 * The one `/ui` socket of this tab. It comes back by itself with a new ticket, resumes every watched agent behind the
 * last activity that there was, and tells watchers when something was missed for good. A first watch counts as a gap: it
 * may come long after what is shown was read.
 */
export class LiveConnection {
  readonly #parts: LiveParts;
  readonly #watches = new Map<string, Watch>();
  readonly #fleet = new Set<FleetListener>();
  readonly #listeners = new Set<() => void>();
  #state: LiveState = { kind: 'connecting' };
  #socket: UiSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #delay = FIRST_RETRY_MS;
  #attempt = 0;
  #wanted = false;
  #fleetCursor: unknown;

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  /** The present state; another object after each change. */
  get state(): LiveState {
    return this.#state;
  }

  /** Calls back after each change of state; gives the function that ends it. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Connects and stays connected. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#become({ kind: 'connecting' });
    void this.#connect();
  }

  /** Closes the connection and forgets where the streams stood. */
  stop(): void {
    this.#wanted = false;
    this.#fleetCursor = undefined;
    this.#attempt += 1;
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#socket = undefined;
    for (const watch of this.#watches.values()) watch.cursor = undefined;
    this.#become({ kind: 'connecting' });
  }

  /** Tries again at once: the network is back, or the page is looked at again. */
  retryNow(): void {
    if (!this.#wanted || this.#socket) return;
    this.#delay = FIRST_RETRY_MS;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  /** Watches one agent; gives the function that ends it. */
  watchAgent(agentId: string, listener: AgentListener): () => void {
    const watch = this.#watches.get(agentId) ?? { listeners: new Set(), cursor: undefined };
    const first = watch.listeners.size === 0;
    watch.listeners.add(listener);
    this.#watches.set(agentId, watch);
    if (first) this.#askNow((socket) => this.#ask(socket, agentId, watch));
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size > 0 || this.#watches.get(agentId) !== watch) return;
      this.#watches.delete(agentId);
      this.#socket?.send('unwatch', { agent_id: agentId });
    };
  }

  /** Watches all agents that the person may see; gives the function that ends it. */
  watchFleet(listener: FleetListener): () => void {
    this.#fleet.add(listener);
    if (this.#fleet.size === 1) this.#askNow((socket) => this.#askFleet(socket));
    return () => {
      this.#fleet.delete(listener);
    };
  }

  /** Asks over a connection that is open. One that does not give what is shown is not live, and ends. */
  #askNow(ask: (socket: UiSocket) => Promise<void>): void {
    const socket = this.#socket;
    if (socket) ask(socket).catch((error: unknown) => this.#leave(socket, error));
  }

  #leave(socket: UiSocket, error: unknown): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    socket.close();
    this.#lose(error);
  }

  async #askFleet(socket: UiSocket): Promise<void> {
    const after = this.#fleetCursor;
    const answer = await socket.ask('watch_fleet', after === undefined ? {} : { after });
    if (answer['ok'] !== true) throw notWatched(answer['code']);
    if (this.#socket !== socket) return;
    if (after === undefined || answer['gap'] === true) this.#fleetCursor = answer['cursor'];
    // Behind a cut, too: an agent is sent when it has been read, so what came before it may have a later cursor.
    for (const { onGap } of [...this.#fleet]) onGap();
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      const socket = await this.#parts.open();
      if (attempt !== this.#attempt) {
        socket.close();
        return;
      }
      this.#socket = socket;
      socket.onFrame((name, body) => this.#hear(name, body));
      socket.onEnd(() => {
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        this.#lose();
      });
      await this.#resume(socket).catch((error: unknown) => this.#leave(socket, error));
    } catch (error) {
      if (attempt === this.#attempt) this.#lose(error);
    }
  }

  async #resume(socket: UiSocket): Promise<void> {
    if (this.#fleet.size > 0) await this.#askFleet(socket);
    await Promise.all([...this.#watches].map(([agentId, watch]) => this.#ask(socket, agentId, watch)));
    if (this.#socket !== socket) return;
    this.#delay = FIRST_RETRY_MS;
    this.#become({ kind: 'live' });
  }

  async #ask(socket: UiSocket, agentId: string, watch: Watch): Promise<void> {
    const { cursor } = watch;
    const answer = await socket.ask('watch', {
      agent_id: agentId,
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    if (answer['ok'] === true) {
      const { gap, last } = answer;
      // An agent that was silent until a cut is resumed as well.
      if (this.#socket !== socket) return;
      if (typeof last === 'number') watch.cursor = Math.max(watch.cursor ?? 0, last);
      const isGap = cursor === undefined || gap === true;
      for (const { onGap, onResume } of [...watch.listeners]) (isGap ? onGap : onResume)();
      return;
    }
    if (this.#watches.get(agentId) !== watch) return;
    if (answer['code'] !== 'NOT_FOUND') throw notWatched(answer['code']);
    for (const { onFrame } of [...watch.listeners]) onFrame('removed', { agent_id: agentId });
  }

  #hear(name: string, body: unknown): void {
    const { agent_id: agentId, id, cursor } = (body ?? {}) as Record<string, unknown>;
    if (name === 'agent' || name === 'agent_removed' || name === 'refusal') {
      this.#fleetCursor = cursor ?? this.#fleetCursor;
      for (const { onFrame } of [...this.#fleet]) onFrame(name, body);
      return;
    }
    // `status` carries the agent itself, the other frames name it.
    const of = name === 'status' ? id : agentId;
    const watch = typeof of === 'string' ? this.#watches.get(of) : undefined;
    if (!watch) return;
    if (name === 'activity' && typeof id === 'number') watch.cursor = Math.max(watch.cursor ?? 0, id);
    for (const { onFrame } of [...watch.listeners]) onFrame(name, body);
  }

  #lose(error?: unknown): void {
    if (!this.#wanted) return;
    const failure = error instanceof ApiFailure ? error : undefined;
    const known = this.#state.kind === 'lost' ? this.#state : undefined;
    if (!known || known.failure !== failure)
      this.#become({
        kind: 'lost',
        since: known?.since ?? this.#parts.now(),
        ...(failure ? { failure } : {}),
      });
    clearTimeout(this.#retry);
    // Spread, so that the tabs of many people do not come back in the same moment.
    const wait = Math.max(this.#delay * (0.75 + Math.random() / 2), (failure?.retryAfterSeconds ?? 0) * 1000);
    this.#retry = setTimeout(() => void this.#connect(), wait);
    this.#delay = Math.min(this.#delay * 2, LONGEST_RETRY_MS);
  }

  #become(state: LiveState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

function notWatched(code: unknown): ApiFailure {
  return new ApiFailure('The server does not send what happens now.', {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    status: 0,
    fix: 'It is asked again by itself. Reload the page if this stays.',
  });
}
