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
        callback(null, socket);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('connection failed'), null),
    );
  };
}

function spokeTooEarly(): Error {
  const error = new Error(
    `The server closed ${MAX_ATTEMPTS} connections, or spoke on them, before it was asked anything.`,
  );
  return Object.assign(error, { code: 'ECONNRESET' });
}
