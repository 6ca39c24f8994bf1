import { Agent, Client, Pool, type Dispatcher } from 'undici';
import { createConnector, emptySlot, type ConnectionSlot } from './connector.js';
import type { ConnectionSettings } from './open-connection.js';
import { hopOf } from './hop-handler.js';

/** Connections that wait idle longer than this are closed, whatever the server's keep-alive hint says. */
const KEEP_ALIVE_MAX_MS = 60_000;

/** An undici client that tells the hop of each request which connection carries it. */
class TrackedClient extends Client {
  readonly #slot: ConnectionSlot;

  constructor(origin: URL, options: Client.Options, slot: ConnectionSlot) {
    super(origin, options);
    this.#slot = slot;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const hop = hopOf(handler, options);
    hop?.enter(this.#slot);
    this.#slot.attempts = 0;
    return super.dispatch(options, handler);
  }
}

/**
 * Gives an undici Agent whose every socket comes from the guarded connector. One agent per policy, so that no pool is
 * shared between policies; HTTP/1.1 only, so that no session is reused for another name (RFC 9113 section 9.1.1).
 */
export function createGuardedAgent(settings: ConnectionSettings, maxHeaderBytes: number): Agent {
  const refuse = (): never => {
    throw new Error('connections are opened by the guarded connector only');
  };
  const ofClient: Client.Options = {
    allowH2: false,
    pipelining: 1,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    ...(Number.isFinite(maxHeaderBytes) ? { maxHeaderSize: maxHeaderBytes } : {}),
    // Deadlines are kept per hop, where a slow consumer is told apart from a slow server.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  // Agent and pool copy whatever options they are given for each new origin, so they get none that only clients need.
  const ofPool: Pool.Options = {
    connect: refuse,
    allowH2: false,
    factory: (origin) => {
      const slot = emptySlot();
      return new TrackedClient(origin, { ...ofClient, connect: createConnector(settings, slot) }, slot);
    },
  };
  return new Agent({ connect: refuse, allowH2: false, factory: (origin) => new Pool(origin, ofPool) });
}
