import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { peerUser } from './peer-user.js';

/** A listener on 127.0.0.1 of this process that passes every connection to a proxy's unix socket. */
export interface LoopbackShim {
  readonly port: number;
  /** Gives the shim back; the listener closes with its last user. */
  readonly release: () => void;
}

interface Shared {
  readonly opened: Promise<{ server: Server; port: number }>;
  users: number;
}

const shims = new Map<string, Shared>();

/**
 * Gives the loopback shim of a proxy socket, for backends that have no network namespace to put one in. Runs with the
 * same socket share it. It serves its own user only: on loopback every user of the host could knock.
 *
 * @throws Error when no port can be opened.
 */
export async function loopbackShim(proxySocket: string): Promise<LoopbackShim> {
  let shared = shims.get(proxySocket);
  if (!shared) shims.set(proxySocket, (shared = { opened: open(proxySocket), users: 0 }));
  const mine = shared;
  mine.users += 1;
  const leave = (): void => {
    mine.users -= 1;
    if (mine.users > 0) return;
    if (shims.get(proxySocket) === mine) shims.delete(proxySocket);
    mine.opened.then(
      ({ server }) => server.close(),
      () => undefined,
    );
  };
  let held = true;
  const release = (): void => {
    if (held) leave();
    held = false;
  };
  try {
    return { port: (await mine.opened).port, release };
  } catch (error) {
    release();
    throw error;
  }
}

function open(proxySocket: string): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      client.on('error', () => client.destroy());
      peerUser(client).then(
        (user) => {
          if (user === process.getuid?.()) carry(client, proxySocket);
          else client.destroy();
        },
        () => client.destroy(),
      );
    });
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      // A command that still runs holds the shim; an idle one must not keep the process alive.
      server.unref();
      resolve({ server, port: (server.address() as AddressInfo).port });
    });
  });
}

function carry(client: Socket, proxySocket: string): void {
  const proxy = connect({ path: proxySocket, allowHalfOpen: true });
  const end = (): void => {
    client.destroy();
    proxy.destroy();
  };
  client.on('error', end).on('close', end);
  proxy.on('error', end).on('close', end);
  client.pipe(proxy).pipe(client);
  if (client.destroyed) end();
}
