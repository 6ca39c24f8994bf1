import type { buildConnector } from 'undici';
import { openConnection, type Connection, type ConnectionSettings } from './open-connection.js';

/** Remembers the connection of one undici client, which has at most one at a time. */
export interface ConnectionSlot {
  current: Connection | undefined;
}

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
    openConnection({ host, port, secure }, settings).then(
      ({ socket, connection }) => {
        slot.current = connection;
        callback(null, socket);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('connection failed'), null),
    );
  };
}
