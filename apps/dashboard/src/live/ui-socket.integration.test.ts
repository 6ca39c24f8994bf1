import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterEach, expect, test, vi } from 'vitest';
import { openUiSocket } from './ui-socket.js';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const end of ends.splice(0)) await end();
});

/** A server on loopback that does with a newcomer what the test says; `connectMs` is how long it waits for one to join. */
async function serve(
  admit: (socket: Socket, next: (error?: Error) => void) => void,
  connectMs = 60_000,
): Promise<Server> {
  const http = createServer();
  const io = new Server(http, {
    path: '/api/control/ws',
    transports: ['websocket'],
    connectTimeout: connectMs,
  });
  io.of('/ui').use((socket, next) => admit(socket, next));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // The address of the page, by which the client finds the server.
  vi.stubGlobal('location', new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`));
  ends.push(() => io.close());
  return io;
}

test('a socket that is admitted asks, hears, and tells its end', async () => {
  const io = await serve((socket, next) => {
    next(socket.handshake.auth['ticket'] === 'ticket-1' ? undefined : new Error('The ticket is not valid.'));
  });
  io.of('/ui').on('connection', (socket) => {
    socket.on('watch', (_body, answer: (body: object) => void) => answer({ ok: true }));
  });
  const socket = await openUiSocket('ticket-1');
  expect(await socket.ask('watch', { agent_id: 'a1' })).toEqual({ ok: true });
  const heard = new Promise((resolve) => socket.onFrame((name, body) => resolve([name, body])));
  io.of('/ui').emit('status', { id: 'a1' });
  expect(await heard).toEqual(['status', { id: 'a1' }]);
  const ended = new Promise<void>((resolve) => socket.onEnd(resolve));
  io.of('/ui').disconnectSockets(true);
  await ended;
});

test('a ticket that is refused fails', async () => {
  await serve((_socket, next) => next(new Error('The ticket is not valid.')));
  await expect(openUiSocket('ticket-1')).rejects.toThrow('The ticket is not valid.');
});

test('a server that takes the connection and goes before it has admitted fails, long before any deadline', async () => {
  await serve((socket) => socket.conn.close());
  await expect(openUiSocket('ticket-1', 600_000)).rejects.toThrow(/transport|close/);
});

test('a server that waits too long for a busy one to join fails as well', async () => {
  await serve(() => undefined, 200);
  await expect(openUiSocket('ticket-1', 600_000)).rejects.toThrow(/transport|close/);
});

test('a server that takes the connection and says nothing more fails in time', async () => {
  await serve(() => undefined);
  await expect(openUiSocket('ticket-1', 300)).rejects.toThrow('not admitted in time');
});
