import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { buildConnector } from 'undici';
import { openConnection, type Connection, type ConnectionSettings } from './open-connection.js';

/** Remembers the connection of one undici client, which has at most one at a time. */
export interface ConnectionSlot {
  current: Connection | undefined;
  /** Connections that were begun since the last request was handed to the client. */
  attempts: number;
  /** When the first of them was begun. */
  since: number;
  /** Requests that were handed to the client and have not ended. */
  wanted: number;
  /** Makes the parser go on that its consumer has stopped; `undefined` while it is not stopped. */
  goOn: (() => void) | undefined;
}

/** Gives the slot of a client that has no connection yet. */
export function emptySlot(): ConnectionSlot {
  return { current: undefined, attempts: 0, since: 0, wanted: 0, goOn: undefined };
}

/** undici opens another connection without end when one is of no use before the request is written. */
const MAX_ATTEMPTS = 3;

/**
 * Gives an undici connector: the only place that sees every new socket of the client, address literals included.
 */
export function createConnector(
  settings: ConnectionSettings,
  slot: ConnectionSlot,
): buildConnector.connector {
  return ({ hostname, protocol, port: givenPort }, callback) => {
    // A request that ended in the parser stays in undici's queue, which opens a connection for it.
    if (slot.wanted === 0) {
      callback(new Error('nobody waits for this connection'), null);
      return;
    }
    const secure = protocol === 'https:';
    const port = givenPort === '' ? (secure ? 443 : 80) : Number(givenPort);
    const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    const now = performance.now();
    if (slot.attempts === 0) slot.since = now;
    slot.attempts += 1;
    if (slot.attempts > MAX_ATTEMPTS) {
      callback(spokeTooEarly(), null);
      return;
    }
    // One deadline for all of them.
    const connectMs =
      slot.attempts === 1 ? settings.connectMs : Math.max(1, settings.connectMs - (now - slot.since));
    const bounded = connectMs === settings.connectMs ? settings : { ...settings, connectMs };
    openConnection({ host, port, secure }, bounded).then(
      ({ socket, connection }) => {
        slot.current = connection;
        slot.goOn = undefined;
        endGently(socket, slot);
        callback(null, socket);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('connection failed'), null),
    );
  };
}

/**
 * Keeps the end of a socket from ending the process: undici 7 has an assertion that its parser is not stopped when a
 * socket ends or is reset (nodejs/undici#5360, mended in 8 only), and it throws where nobody can catch. Called before
 * undici adds its own listeners.
 */
function endGently(socket: Socket, slot: ConnectionSlot): void {
  // All bytes have been read by then, so that nothing comes but the end.
  socket.on('end', () => slot.goOn?.());
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // It is too late to go on; undici takes this code for an end without asking the parser.
    if (slot.goOn !== undefined && error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET';
  });
}

function spokeTooEarly(): Error {
  const error = new Error(
    `The server closed ${MAX_ATTEMPTS} connections, or spoke on them, before it was asked anything.`,
  );
  return Object.assign(error, { code: 'ECONNRESET' });
}
