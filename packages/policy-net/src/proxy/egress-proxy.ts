import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { classifyAddress } from '../address/classify-address.js';
import { formatAddress } from '../address/format-address.js';
import { parseAddress } from '../address/parse-address.js';
import { guardSink } from '../client/audit.js';
import { DeadlineClock, type Timed } from '../client/deadline.js';
import type { ConnectionSettings } from '../client/open-connection.js';
import { usualResolver } from '../client/system-resolver.js';
import { EgressDeniedError } from '../errors.js';
import { compileOwnInterfaces, isSelf, type OwnInterfaces } from '../own-interfaces.js';
import { deny, type Verdict } from '../verdict.js';
import { serveForward } from './forward.js';
import { ProxyGate, proxyRefusal } from './proxy-gate.js';
import { ProxyHop } from './proxy-hop.js';
import {
  bind,
  checkListenTarget,
  checkProxyOptions,
  type EgressProxyOptions,
  type ListenTarget,
  type ProxyAuditEvent,
} from './proxy-options.js';
import { answerSocket } from './refusal.js';
import { RequestTurns } from './request-turns.js';
import { readAbsolute, readInTunnel } from './proxy-target.js';
import { serveTunnel, type ServePlain, type ServeSettings } from './tunnel.js';

/** One place where the proxy listens. */
export interface ProxyListener {
  /** With the port that the system gave. */
  readonly address: ListenTarget;
  /** Stops listening and ends the connections that came by this listener. */
  readonly close: () => Promise<void>;
}

/** An HTTP proxy that judges every request under the policy of the agent that makes it. */
export interface EgressProxy {
  /** Listens at one more place. Rejects with the system's error, `TypeError` for a target that is none. */
  readonly listen: (target: ListenTarget) => Promise<ProxyListener>;
  /** Ends what the policies in force no longer admit: of one agent, or of all. Call it after `policyFor` has changed. */
  readonly update: (agent?: string) => void;
  /** Stops listening everywhere and ends every connection. */
  readonly close: () => Promise<void>;
  /** How many audit events the sink failed to take. */
  readonly auditFailures: number;
}

/**
 * Makes an egress proxy for HTTP/1.1: CONNECT tunnels and absolute-form requests. It does not listen yet.
 *
 * @throws TypeError naming the option that is unknown or malformed.
 */
export function createEgressProxy(given: EgressProxyOptions): EgressProxy {
  const options = checkProxyOptions(given);
  const { limits, sniPorts, upstream } = options;
  const sink = guardSink<ProxyAuditEvent>(options.onAudit);
  const gate = new ProxyGate(options, limits, `clawforce-${randomBytes(6).toString('hex')}`);
  const listeners = new Set<ProxyListener>();
  const own = new Map<Server, OwnInterfaces>();
  const hopsOf = new WeakMap<Socket, Set<ProxyHop>>();
  const turnsOf = new WeakMap<Socket, RequestTurns>();
  /** Clients that speak plain HTTP inside a tunnel. */
  const tunnels = new WeakMap<Socket, { readonly agent: string; readonly authority: string }>();

  const refuseSelf = (address: string, port: number): Verdict | undefined =>
    [...own.values()].some((one) => isOwn(one, address, port))
      ? deny('net.proxy.loop', 'This is the egress proxy itself.')
      : undefined;

  const connection = (agent: string): ConnectionSettings => ({
    policy() {
      const policy = gate.policyOf(agent);
      if (policy !== undefined) return policy;
      throw new EgressDeniedError(
        proxyRefusal('net.policy.revoked', 'The policy of this agent was withdrawn.'),
      );
    },
    resolve: options.resolve ?? usualResolver.for(agent),
    dial: options.dial,
    tls: undefined,
    upstream,
    refuse: refuseSelf,
    connectMs: limits.connectMs,
    dnsMs: limits.dnsMs,
  });
  const settings: ServeSettings = { gate, limits, sniPorts, connection, clock: new DeadlineClock<Timed>() };

  const beginHop = (method: string, asked: string, socket: Socket): ProxyHop => {
    const hops = hopsOf.get(socket) ?? new Set();
    const hop = new ProxyHop(method, asked, (ended, event) => {
      hops.delete(ended);
      gate.leave(ended);
      sink.emit?.(event);
    });
    hopsOf.set(socket, hops.add(hop));
    return hop;
  };

  const reject = (error: NodeJS.ErrnoException, socket: Socket): void => {
    const limit =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? 'maxHeaderBytes'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? 'headersMs'
          : undefined;
    const open = hopsOf.get(socket);
    if (limit === undefined && error.code?.startsWith('HPE_') !== true) {
      socket.destroy();
      return;
    }
    const turns = turnsOf.get(socket);
    if ((open?.size ?? 0) === 0 && (turns?.busy === true || turns?.inBody === true || !socket.writable)) {
      // The request that this belongs to has its answer and its one event.
      socket.destroy();
      return;
    }
    // A request under way is ended by its own means; its one event says why.
    const hops = open === undefined || open.size === 0 ? [beginHop('', '', socket)] : [...open];
    for (const hop of hops) {
      if (hop.method === '') hop.onStop = (answer) => answerSocket(socket, answer);
      if (limit === undefined)
        hop.refuse(proxyRefusal('net.proxy.malformed', 'This is no HTTP/1.1 request.'));
      else hop.passLimit(limit, limit === 'headersMs' ? 408 : 431);
    }
    if (hops.some(({ method }) => method !== '')) socket.destroy();
  };

  const listen = async (place: ListenTarget): Promise<ProxyListener> => {
    const target = checkListenTarget(place);
    const server = createServer({
      insecureHTTPParser: false,
      requireHostHeader: false,
      noDelay: true,
      // A chunk is 64 KiB: less would pause and resume a tunnel at each of them.
      highWaterMark: 256 * 1024,
      headersTimeout: Number.isFinite(limits.headersMs) ? limits.headersMs : 0,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.headersMs / 2)),
      ...(Number.isFinite(limits.maxHeaderBytes) ? { maxHeaderSize: limits.maxHeaderBytes } : {}),
    });
    server.maxHeadersCount = 0;
    if (Number.isFinite(limits.maxClients)) server.maxConnections = limits.maxClients;
    const sockets = new Set<Socket>();
    let address = target;
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      const { socket } = request;
      // The parser goes on through what it has when a connection was ended: nobody waits for an answer to that.
      if (socket.destroyed) return;
      const tunnel = tunnels.get(socket);
      const asked = request.url ?? '';
      const hop = beginHop(request.method ?? '', asked, socket);
      const target = tunnel === undefined ? readAbsolute(asked) : readInTunnel(asked, tunnel.authority);
      const turns = turnsOf.get(socket) ?? new RequestTurns(socket);
      turnsOf.set(socket, turns);
      const start = (): void => {
        const given = { listener: address, target, agent: tunnel?.agent };
        serveForward(request, response, given, hop, settings).catch((error: unknown) => hop.fail(error));
      };
      turns.take({ hop, request, response, target, start });
    };
    server
      .on('request', serve)
      .on('checkExpectation', serve)
      .on('clientError', reject as never);
    server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const busy = (hopsOf.get(socket)?.size ?? 0) > 0 || turnsOf.get(socket)?.busy === true;
      const hop = beginHop('CONNECT', request.url ?? '', socket);
      const tunnel = tunnels.get(socket);
      if (tunnel !== undefined) {
        hop.agent = tunnel.agent;
        hop.onStop = (answer) => answerSocket(socket, answer);
        hop.refuse(proxyRefusal('net.proxy.malformed', 'There is no tunnel inside a tunnel.'));
        return;
      }
      if (busy) {
        // Its answer would come before the one that is due first.
        hop.onStop = () => socket.destroy();
        hop.refuse(
          proxyRefusal('net.proxy.malformed', 'CONNECT came before the answer to the last request.'),
        );
        return;
      }
      const servePlain: ServePlain = (client, inside) => {
        tunnels.set(client, inside);
        server.emit('connection', client);
        // What was read of the first request already comes before anything else.
        client.resume();
      };
      serveTunnel(request, socket, head, address, hop, settings, servePlain).catch((error: unknown) =>
        hop.fail(error),
      );
    });
    await bind(server, target);
    if (target.path === undefined) {
      const { port } = server.address() as AddressInfo;
      address = { ...target, port };
      own.set(server, compileOwnInterfaces([{ port }]));
    }
    const listener: ProxyListener = {
      address,
      close: () => {
        listeners.delete(listener);
        own.delete(server);
        return new Promise((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) {
            for (const hop of hopsOf.get(socket) ?? []) {
              hop.end({ verdict: 'error', error: 'PROXY_CLOSED' });
            }
            socket.destroy();
          }
        });
      },
    };
    listeners.add(listener);
    return listener;
  };

  return {
    listen,
    update: (agent) => gate.update(agent),
    close: async () => {
      await Promise.all([...listeners].map((listener) => listener.close()));
    },
    get auditFailures() {
      return sink.failures();
    },
  };
}

function isOwn(own: OwnInterfaces, text: string, port: number): boolean {
  const address = parseAddress(text);
  if (address === undefined || !own.ports.has(port)) return false;
  return isSelf(classifyAddress(address)?.kind) || own.addresses?.has(formatAddress(address)) === true;
}
