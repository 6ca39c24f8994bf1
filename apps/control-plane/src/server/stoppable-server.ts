import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';

const connections = new WeakMap<Server, Set<Socket>>();

/** Gives an HTTP server whose connections, upgraded ones too, can all be cut. */
export function createStoppableServer(listener: RequestListener): Server {
  const server = createServer(listener);
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  connections.set(server, open);
  return server;
}

/** What is being answered gets this long; idle connections get nothing. */
const FINISH_MS = 1_000;

/** Stops listening, lets what is being answered end, and cuts what is still open after a second. */
export async function stopServer(server: Server): Promise<void> {
  // A websocket whose other side never answers would stay for half a minute: Node closes no upgraded connection.
  const cut = (): void => {
    server.closeAllConnections();
    for (const socket of connections.get(server) ?? []) socket.destroy();
  };
  if (!server.listening) {
    cut();
    return;
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(cut, FINISH_MS);
  await closed;
  clearTimeout(late);
}
