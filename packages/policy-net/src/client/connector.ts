import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { buildConnector } from 'undici';
import { formatAddress, formatIPv4 } from '../address/format-address.js';
import { parseAddress } from '../address/parse-address.js';
import { EgressDeniedError, EgressLimitError } from '../errors.js';
import type { NetworkSecurityPolicy } from '../policy.js';
import { deny, toDecision } from '../verdict.js';
import { startTimer } from './limits.js';
import { resolveHost, type Resolve } from './resolve-host.js';

/** What a custom `dial` gets: only judged addresses, in the order of the resolver. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** The first of `addresses`. */
  readonly address: string;
  readonly addresses: readonly string[];
  /** Aborted when the connect deadline has passed. */
  readonly signal: AbortSignal;
}

/** Opens a TCP connection to one of the judged addresses. */
export type Dial = (target: DialTarget) => Promise<Socket> | Socket;

/** TLS settings of the client; names are checked against the URL's host whatever is given here. */
export type TlsSettings = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'pfx'
  | 'minVersion'
  | 'maxVersion'
  | 'ciphers'
  | 'rejectUnauthorized'
>;

/** What is known about a connection once it is open or refused. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  /** Every answer of the resolver; the literal itself when there was no lookup. */
  readonly resolved: readonly string[];
  /** The address of the open socket. */
  readonly chosen?: string;
  /** The policy that admitted the address. */
  readonly judgedBy?: NetworkSecurityPolicy;
}

/** Remembers the connection of one undici client, which has at most one at a time. */
export interface ConnectionSlot {
  current: Connection | undefined;
}

/** What a connector needs. */
export interface ConnectorSettings {
  /** The policy in force when a socket is opened. */
  readonly policy: () => NetworkSecurityPolicy;
  readonly resolve: Resolve | undefined;
  readonly dial: Dial | undefined;
  readonly tls: TlsSettings | undefined;
  readonly connectMs: number;
  readonly dnsMs: number;
}

const refusedConnections = new WeakMap<object, Connection>();

/** Gives what was known when a connection failed with `error`. */
export function connectionOf(error: unknown): Connection | undefined {
  return typeof error === 'object' && error !== null ? refusedConnections.get(error) : undefined;
}

/**
 * Gives an undici connector: the only place that sees every new socket, address literals included. One lookup, every
 * answer judged, only judged addresses dialled, the peer compared before a byte is written, TLS bound to the name.
 */
export function createConnector(settings: ConnectorSettings, slot: ConnectionSlot): buildConnector.connector {
  return (options, callback) => {
    open(options, settings, slot).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error('connection failed'), null),
    );
  };
}

async function open(
  { hostname, protocol, port: givenPort }: buildConnector.Options,
  settings: ConnectorSettings,
  slot: ConnectionSlot,
): Promise<Socket> {
  const secure = protocol === 'https:';
  const port = givenPort === '' ? (secure ? 443 : 80) : Number(givenPort);
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const deadline = new AbortController();
  const timer = startTimer(settings.connectMs, () =>
    deadline.abort(
      new EgressLimitError('connectMs', `No connection to ${host} within ${settings.connectMs} ms.`),
    ),
  );
  let known: Connection = { host, port, resolved: [] };
  let socket: Socket | undefined;
  try {
    const policy = settings.policy();
    const literal = parseAddress(host) !== undefined;
    const addresses = literal
      ? [host]
      : await resolveHost(host, { ...settings, policy, signal: deadline.signal });
    known = { host, port, resolved: addresses };
    // The lookup took time: judged is by the policy in force now.
    const admitting = settings.policy();
    for (const address of addresses) {
      const decision = admitting.checkEndpoint({ host, address, port });
      if (decision.effect !== 'allow') throw new EgressDeniedError(decision);
    }
    const [address = ''] = addresses;
    const dial = settings.dial ?? dialJudged;
    socket = await aborting(
      deadline.signal,
      dial({ host, port, address, addresses, signal: deadline.signal }),
    );
    const chosen = peerOf(socket);
    if (chosen === undefined || !addresses.some((one) => canonical(one) === chosen)) {
      const verdict = deny('net.connection.peer', 'The socket leads to an address that was not judged.');
      throw new EgressDeniedError(
        toDecision(verdict, `${host} ${chosen ?? 'no address'} ${port}`, policy.digest),
      );
    }
    known = { ...known, chosen, judgedBy: admitting };
    if (secure) socket = await aborting(deadline.signal, secureSocket(socket, host, literal, settings.tls));
    slot.current = known;
    return socket;
  } catch (error) {
    // A socket that is thrown away may still report; without a listener that would end the process.
    socket?.on('error', () => undefined).destroy();
    if (typeof error === 'object' && error !== null) refusedConnections.set(error, known);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function dialJudged({ host, port, address, addresses, signal }: DialTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: addresses.length === 1 ? address : host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      autoSelectFamily: true,
      // Node asks for all addresses and races the families (RFC 8305); it gets judged ones only and asks no resolver.
      lookup: (_host, _options, done) =>
        done(
          null,
          addresses.map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 })),
        ),
    });
    const abort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function secureSocket(
  socket: Socket,
  host: string,
  literal: boolean,
  tls: TlsSettings | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({
      ...tls,
      socket,
      host,
      // An address is no server name (RFC 6066 section 3); the certificate is then checked against `host`.
      servername: literal ? '' : host,
      ALPNProtocols: ['http/1.1'],
    });
    secured.once('secureConnect', () => {
      secured.removeListener('error', reject);
      resolve(secured);
    });
    secured.once('error', reject);
  });
}

async function aborting<T extends Socket>(signal: AbortSignal, work: Promise<T> | T): Promise<T> {
  const pending = Promise.resolve(work);
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } catch (error) {
    // The dial may still succeed after the deadline: nobody will use that socket.
    pending.then(
      (socket) => socket.on('error', () => undefined).destroy(),
      () => undefined,
    );
    throw error;
  }
}

function peerOf(socket: Socket): string | undefined {
  return typeof socket.remoteAddress === 'string' ? canonical(socket.remoteAddress) : undefined;
}

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  if (address?.family === 6 && address.groups.slice(0, 5).every((group) => group === 0)) {
    // A dual-stack socket shows an IPv4 peer as ::ffff:a.b.c.d.
    const [high = 0, low = 0] = address.groups.slice(6);
    if (address.groups[5] === 0xffff) return formatIPv4(high * 0x10000 + low);
  }
  return address && formatAddress(address);
}
