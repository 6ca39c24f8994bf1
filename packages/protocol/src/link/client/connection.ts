import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { createConnection, type Socket as NetSocket } from 'node:net';
import { join } from 'node:path';
import { SOCKET_NAMES } from '../../broker/contract.js';
import type { LinkAuth } from '../frames.js';

/**
 * How a worker reaches its control plane: through its socket directory with the join credential in it, or at the
 * public URL with an agent token.
 */
export type LinkConnection =
  { readonly socketDir: string } | { readonly url: string; readonly token: string };

/** Where socket.io-client has to connect, and the agent that gets it there. */
export interface LinkEndpoint {
  readonly url: string;
  readonly agent?: Agent;
}

/** Gives the endpoint of a connection. @throws TypeError naming the bad option. */
export function linkEndpoint(connection: LinkConnection): LinkEndpoint {
  if ('socketDir' in connection) {
    if (typeof (connection.socketDir as unknown) !== 'string' || !connection.socketDir.startsWith('/')) {
      throw new TypeError('option "connection.socketDir" must be an absolute path');
    }
    const agent = new UnixSocketAgent(join(connection.socketDir, SOCKET_NAMES.link));
    // The host name is never looked up: the agent opens the socket.
    return { url: 'http://control-plane/worker', agent };
  }
  if (typeof (connection.token as unknown) !== 'string' || connection.token.length < 16) {
    throw new TypeError('option "connection.token" must be an agent token');
  }
  const url = URL.canParse(connection.url) ? new URL(connection.url) : undefined;
  const loopback = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
    throw new TypeError('option "connection.url" must be an https URL, or http on loopback');
  }
  return { url: `${url.origin}/worker` };
}

/** Gives the first credential: the join secret, read from its file, or the agent token. @throws Error without one. */
export async function firstCredential(connection: LinkConnection): Promise<LinkAuth['credential']> {
  if ('token' in connection) return { kind: 'token', secret: connection.token };
  const path = join(connection.socketDir, SOCKET_NAMES.join);
  const secret = (await readFile(path, { encoding: 'utf8' })).trim();
  if (secret === '') throw new Error(`The join credential ${path} is empty.`);
  return { kind: 'join', secret };
}

/** An HTTP agent whose connections all go to one unix socket (research/pools section 2). */
class UnixSocketAgent extends Agent {
  readonly #path: string;

  constructor(path: string) {
    super({ keepAlive: false });
    this.#path = path;
  }

  override createConnection(): NetSocket {
    return createConnection({ path: this.#path });
  }
}
