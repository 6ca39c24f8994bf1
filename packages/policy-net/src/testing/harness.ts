import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import type { EgressAuditEvent } from '../client/audit.js';
import type { Dial, DialTarget } from '../client/dial.js';
import { createGuardedFetch, type GuardedFetch } from '../client/guarded-fetch.js';
import type { GuardedFetchOptions } from '../client/fetch-options.js';
import { NetworkSecurityPolicy } from '../policy.js';
import type { NetworkPolicyOptions } from '../policy-options.js';

import { takeEvent } from './whole-event.js';

/** A public address that stands for the test origin; the dial below leads it to a loopback server. */
export const PUBLIC = '93.184.215.14';

/** Something that is open during a test. */
export interface Opened {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Starts a server on a loopback port. */
export async function listen(server: NetServer): Promise<Opened> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Starts an HTTP origin. */
export async function origin(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Opened> {
  return listen(createServer(handler));
}

/** A dial that leads every address to a loopback port, and a socket that claims the address it was asked for. */
export function dialTo(
  port: number | ((target: DialTarget) => number),
  claim: (target: DialTarget) => string = (target) => target.address,
  claimPort: (target: DialTarget) => number = (target) => target.port,
): Dial & { readonly targets: DialTarget[] } {
  const targets: DialTarget[] = [];
  const dial = async (target: DialTarget): Promise<Socket> => {
    targets.push(target);
    const socket = connect({ host: '127.0.0.1', port: typeof port === 'number' ? port : port(target) });
    await once(socket, 'connect');
    Object.defineProperty(socket, 'remoteAddress', { value: claim(target) });
    Object.defineProperty(socket, 'remotePort', { value: claimPort(target) });
    return socket;
  };
  return Object.assign(dial, { targets });
}

/** A guarded fetch with what it recorded. */
export interface Harness {
  readonly fetch: GuardedFetch;
  readonly events: EgressAuditEvent[];
  readonly lookups: string[];
}

/** Gives a guarded fetch whose resolver answers from a table (`PUBLIC` for other names) and whose events are kept. */
export function harness(
  options: GuardedFetchOptions & {
    readonly policy?: NetworkPolicyOptions;
    readonly dns?: Readonly<Record<string, readonly string[]>>;
  },
): Harness {
  const { policy, dns, ...rest } = options;
  const events: EgressAuditEvent[] = [];
  const lookups: string[] = [];
  const fetch = createGuardedFetch(new NetworkSecurityPolicy(policy ?? {}), {
    resolve: (host) => {
      lookups.push(host);
      return Promise.resolve(dns?.[host] ?? [PUBLIC]);
    },
    onAudit: (event) => {
      events.push(event);
      takeEvent(event);
    },
    ...rest,
  });
  return { fetch, events, lookups };
}

/** Gives what a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was not rejected');
}
