import type { OnReadOpts, Socket } from 'node:net';
import { formatAddress, formatIPv4 } from '../address/format-address.js';
import { parseAddress } from '../address/parse-address.js';
import { EgressDeniedError, EgressLimitError } from '../errors.js';
import type { NetworkSecurityPolicy } from '../policy.js';
import { deny, toDecision, type Verdict } from '../verdict.js';
import { Cancellation } from './cancellation.js';
import { dialJudged, type Dial } from './dial.js';
import { startTimer } from './limits.js';
import { resolveHost, type Resolve } from './resolve-host.js';
import { secureSocket, type TlsSettings } from './secure-socket.js';
import { dialUpstream, type CompiledUpstream } from './upstream.js';

/** What is known about a connection once it is open or refused. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  /** Every answer of the resolver; the literal itself when there was no lookup. */
  readonly resolved: readonly string[];
  /** The address of the open socket. */
  readonly chosen?: string;
  /** The rule by which the chosen address was admitted: an exception is told apart. */
  readonly rule?: string;
  /** The policy that admitted the address. */
  readonly judgedBy?: NetworkSecurityPolicy;
}

/** What is needed to open connections. */
export interface ConnectionSettings {
  /** The policy in force when a socket is opened. */
  readonly policy: () => NetworkSecurityPolicy;
  readonly resolve: Resolve;
  readonly dial: Dial | undefined;
  readonly tls: TlsSettings | undefined;
  /** The parent proxy that sockets go through. */
  readonly upstream: CompiledUpstream | undefined;
  /** Refuses an address that the policy admits. */
  readonly refuse?: (address: string, port: number) => Verdict | undefined;
  readonly connectMs: number;
  readonly dnsMs: number;
}

/** Where a connection is to lead. */
export interface ConnectionTarget {
  /** A normalised name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether TLS is spoken on it. */
  readonly secure: boolean;
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
  /** Takes what comes on the socket, if it is dialled here: see `direct` of the result. */
  readonly onread?: OnReadOpts;
}

/** A socket to a judged address. */
export interface OpenConnection {
  readonly socket: Socket;
  readonly connection: Connection;
  /** Whether what comes goes to `onread`: then the socket is paused. */
  readonly direct: boolean;
}

const refusedConnections = new WeakMap<object, Connection>();

/** Gives what was known when a connection failed with `error`. */
export function connectionOf(error: unknown): Connection | undefined {
  return typeof error === 'object' && error !== null ? refusedConnections.get(error) : undefined;
}

/**
 * Opens the socket for a host: one lookup, every answer judged, only judged addresses dialled, the peer compared before
 * a byte is written, TLS bound to the name. The connect deadline covers all of it.
 *
 * @throws EgressDeniedError or EgressLimitError, of which {@link connectionOf} tells how far it came; else what the
 * network or `signal` gave.
 */
export async function openConnection(
  { host, port, secure, signal, onread }: ConnectionTarget,
  settings: ConnectionSettings,
): Promise<OpenConnection> {
  const giving = new Cancellation();
  const timer = startTimer(settings.connectMs, () =>
    giving.cancel(
      new EgressLimitError('connectMs', `No connection to ${host} within ${settings.connectMs} ms.`),
    ),
  );
  const giveUp = (): void => {
    const reason: unknown = signal?.reason;
    giving.cancel(reason instanceof Error ? reason : new Error('the connection is not wanted any more'));
  };
  if (signal?.aborted === true) giveUp();
  else signal?.addEventListener('abort', giveUp, { once: true });
  let known: Connection = { host, port, resolved: [] };
  let socket: Socket | undefined;
  try {
    giving.throwIfCancelled();
    const policy = settings.policy();
    const literal = parseAddress(host) !== undefined;
    const { resolve, dnsMs } = settings;
    const addresses = literal ? [host] : await resolveHost(host, { resolve, dnsMs, policy, giving });
    known = { host, port, resolved: addresses };
    // The lookup took time: judged is by the policy in force now.
    const admitting = settings.policy();
    const rules = new Map<string | undefined, string>();
    for (const address of addresses) {
      const decision = admitting.checkEndpoint({ host, address, port });
      if (decision.effect !== 'allow') throw new EgressDeniedError(decision);
      rules.set(canonical(address), decision.rule);
      const refused = settings.refuse?.(address, port);
      if (refused !== undefined) {
        throw new EgressDeniedError(toDecision(refused, `${host} ${address} ${port}`, admitting.digest));
      }
    }
    const [address = ''] = addresses;
    const judged = { host, port, address, addresses };
    let chosen: string | undefined;
    let chosenPort: number | undefined = port;
    if (settings.upstream !== undefined) {
      const through = await dialUpstream(settings.upstream, { ...judged, signal: giving.signal });
      socket = through.socket;
      chosen = canonical(through.address);
    } else {
      const dialled =
        settings.dial === undefined
          ? dialJudged(judged, giving, onread)
          : settings.dial({ ...judged, signal: giving.signal });
      socket = await orGiveUp(giving, dialled);
      chosen = peerOf(socket);
      chosenPort = socket.remotePort;
    }
    if (chosen === undefined || chosenPort !== port || !addresses.some((one) => canonical(one) === chosen)) {
      const verdict = deny('net.connection.peer', 'The socket leads to an endpoint that was not judged.');
      const shown = `${host} ${chosen ?? 'no address'} ${chosenPort ?? 'no port'}`;
      throw new EgressDeniedError(toDecision(verdict, shown, policy.digest));
    }
    known = { ...known, chosen, judgedBy: admitting, rule: rules.get(chosen) ?? 'net.allow' };
    if (secure) socket = await orGiveUp(giving, secureSocket(socket, host, literal, settings.tls));
    return {
      socket,
      connection: known,
      direct: onread !== undefined && settings.dial === undefined && settings.upstream === undefined,
    };
  } catch (error) {
    // A socket that is thrown away may still report; without a listener that would end the process.
    socket?.on('error', () => undefined).destroy();
    if (typeof error === 'object' && error !== null) refusedConnections.set(error, known);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Gives the socket, or what was given up with, whichever comes first. */
function orGiveUp(giving: Cancellation, work: Promise<Socket> | Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let over = false;
    const forget = giving.onCancel((reason) => {
      over = true;
      reject(reason);
    });
    Promise.resolve(work).then(
      (socket) => {
        forget();
        // The dial may succeed after the deadline: nobody will use that socket.
        if (over) socket.on('error', () => undefined).destroy();
        else resolve(socket);
      },
      (error: unknown) => {
        forget();
        reject(error instanceof Error ? error : new Error('the dial failed', { cause: error }));
      },
    );
  });
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
