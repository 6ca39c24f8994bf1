import { Agent } from 'node:http';
import { createConnection, type Socket as NetSocket } from 'node:net';
import { join } from 'node:path';
import { LINK_PATH, LINK_PROTOCOL, SOCKET_NAMES, type Bye, type Welcome } from '@clawforce/protocol';
import { io, type Socket } from 'socket.io-client';

class UnixAgent extends Agent {
  readonly #path: string;

  constructor(path: string) {
    super({ keepAlive: false });
    this.#path = path;
  }

  override createConnection(): NetSocket {
    return createConnection({ path: this.#path });
  }
}

/** A worker that says what a test wants, also what no honest worker would. */
export interface RawWorker {
  readonly socket: Socket;
  /** Resolves when the handshake was accepted; rejects with the refusal's `data`. */
  readonly connected: Promise<void>;
  /** Resolves with the last `bye`, or undefined when the connection ended without one. */
  readonly ended: Promise<Bye | undefined>;
  hello(members?: object): Promise<Welcome & { refused?: Bye }>;
  close(): void;
}

/** Connects to an agent's link socket with any handshake. */
export function rawWorker(
  directory: string,
  auth: unknown,
  options: { readonly namespace?: string; readonly headers?: Record<string, string> } = {},
): RawWorker {
  const socket = io(`http://control-plane${options.namespace ?? '/worker'}`, {
    path: LINK_PATH,
    transports: ['websocket'],
    auth: auth as Record<string, unknown>,
    forceNew: true,
    reconnection: false,
    agent: new UnixAgent(join(directory, SOCKET_NAMES.link)) as unknown as string,
    ...(options.headers ? { extraHeaders: options.headers } : {}),
  });
  let bye: Bye | undefined;
  socket.on('bye', (frame: Bye) => (bye = frame));
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error: Error & { data?: unknown }) => reject(error));
  });
  connected.catch(() => undefined);
  const ended = new Promise<Bye | undefined>((resolve) => socket.once('disconnect', () => resolve(bye)));
  return {
    socket,
    connected,
    ended,
    async hello(members = {}) {
      await connected;
      return (await socket.timeout(5_000).emitWithAck('hello', {
        instance: 'raw',
        next_seq: 1,
        low_seq: 1,
        software: { name: 'raw', version: '0' },
        capabilities: [],
        ...members,
      })) as Welcome & { refused?: Bye };
    },
    close: () => void socket.disconnect(),
  };
}

/** The handshake of an honest worker. */
export function handshake(kind: 'join' | 'resume' | 'token', secret: string): unknown {
  return { proto: LINK_PROTOCOL, credential: { kind, secret }, instance: 'raw' };
}
