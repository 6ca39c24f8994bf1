import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { DeadlineClock, Timed } from '../client/deadline.js';
import { startTimer } from '../client/limits.js';
import { openConnection, type ConnectionSettings } from '../client/open-connection.js';
import { parseAddress } from '../address/parse-address.js';
import { readClientHello } from './client-hello.js';
import { EarlyBytes } from './early-bytes.js';
import { proxyRefusal, type ProxyGate } from './proxy-gate.js';
import { countTraffic, type ProxyHop } from './proxy-hop.js';
import type { ListenTarget, ProxyLimits } from './proxy-options.js';
import { relay } from './relay.js';
import { readAuthority, type ProxyTarget } from './proxy-target.js';
import { answerSocket } from './refusal.js';
import { TargetReader } from './target-reader.js';

/** What serving a request needs. */
export interface ServeSettings {
  readonly gate: ProxyGate;
  readonly limits: ProxyLimits;
  readonly sniPorts: ReadonlySet<number>;
  readonly clock: DeadlineClock<Timed>;
  /** How to connect under the policy of an agent. */
  readonly connection: (agent: string) => ConnectionSettings;
}

/** Takes a client that speaks plain HTTP inside its tunnel: all of its requests go to the target of the tunnel. */
export type ServePlain = (
  client: Socket,
  tunnel: { readonly agent: string; readonly authority: string },
) => void;

/** Serves CONNECT: admits, dials, answers, and carries bytes both ways until one end, a limit or the policy stops it. */
export async function serveTunnel(
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
  listener: ListenTarget,
  hop: ProxyHop,
  settings: ServeSettings,
  servePlain: ServePlain,
): Promise<void> {
  const { gate, limits } = settings;
  client.setTimeout(0);
  const early = new EarlyBytes(client, head, limits.maxEarlyBytes);
  client.on('error', () => undefined);
  hop.onStop = (answer) => {
    early.stop();
    answerSocket(client, answer);
  };
  early.onGone = () => {
    hop.end({ verdict: 'error', error: 'CLIENT_CLOSED' });
    client.destroy();
  };
  early.onOverflow = () => hop.refuse(tooEarly(limits));
  const target = readAuthority(request.url ?? '');
  const refused = await gate.admit(hop, request, listener, target);
  if (hop.ended) return;
  if (refused !== undefined || hop.agent === null || hop.target === undefined) {
    hop.refuse(refused ?? proxyRefusal('net.proxy.malformed', 'This is no request for a tunnel.'));
    return;
  }
  if (early.overflown) {
    hop.refuse(tooEarly(limits));
    return;
  }
  const reader = new TargetReader();
  let upstream: Socket;
  let ways: Ways;
  try {
    const { host, port } = hop.target;
    const opened = await openConnection(
      { host, port, secure: false, signal: hop.signal, onread: reader.onread },
      settings.connection(hop.agent),
    );
    upstream = opened.socket;
    ways = {
      back: () => (opened.direct ? relay(client, upstream) : void client.pipe(upstream)),
      forth: () => (opened.direct ? reader.flow(upstream, client) : void upstream.pipe(client)),
    };
    hop.connection = opened.connection;
  } catch (error) {
    hop.fail(error);
    return;
  }
  upstream.on('error', () => undefined);
  // A target that ends its side may still be sent to.
  upstream.allowHalfOpen = true;
  hop.signal.addEventListener('abort', () => upstream.destroy(), { once: true });
  hop.traffic = countTraffic(upstream);
  // The dial took time: judged is by the policy in force now.
  gate.review(hop, hop.agent);
  // Not narrowed by the check above: the hop may have ended meanwhile.
  if ((hop as { ended: boolean }).ended) return;
  hop.status = 200;
  hop.onStop = () => void client.destroy();
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  const { agent, target: to } = hop;
  const begun: Begun = {
    tls: () => carry(client, upstream, early.stop(), ways, hop, limits),
    plain: () => {
      const first = early.stop();
      // Each request gets a connection of its own, and an event.
      hop.end({ verdict: 'allow' });
      client.unshift(first);
      servePlain(client, { agent, authority: to.authority });
    },
  };
  if (settings.sniPorts.has(to.port)) awaitHello(client, early, to, hop, upstream, limits, begun);
  else begun.tls();
}

/** What is done when the first bytes have told what is spoken in a tunnel. */
interface Begun {
  readonly tls: () => void;
  readonly plain: () => void;
}

function tooEarly({ maxEarlyBytes }: ProxyLimits): ReturnType<typeof proxyRefusal> {
  const reason = `More than ${maxEarlyBytes} bytes came before the tunnel was open.`;
  return proxyRefusal('net.proxy.early-data', reason);
}

/** A method and the beginning of an origin-form target (RFC 9112 section 3), and what may yet become that. */
const plainRequest = /^[A-Z]{1,20} \//;
const beginOfRequest = /^[A-Z]{1,20} ?$/;

/** Holds the client's first bytes back until they are a ClientHello for the host of the tunnel, or plain HTTP. */
function awaitHello(
  client: Socket,
  early: EarlyBytes,
  target: ProxyTarget,
  hop: ProxyHop,
  upstream: Socket,
  limits: ProxyLimits,
  begun: Begun,
): void {
  let waiting = true;
  const timer = startTimer(limits.headersMs, () => hop.passLimit('headersMs'));
  hop.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  upstream.once('close', () => {
    if (waiting) hop.fail(undefined);
  });
  early.onGone = () => {
    hop.end({ verdict: 'error', error: 'CLIENT_CLOSED' });
    client.destroy();
  };
  const expected = parseAddress(target.host) === undefined ? target.host : undefined;
  early.onMore = (bytes) => {
    const reading = readClientHello(bytes);
    if (reading.kind === 'more') return;
    if (reading.kind === 'not-tls') {
      const text = bytes.toString('latin1', 0, 32);
      if (beginOfRequest.test(text)) return;
      if (plainRequest.test(text)) {
        clearTimeout(timer);
        waiting = false;
        begun.plain();
        return;
      }
      hop.refuse(
        proxyRefusal('net.tls.missing', `The tunnel to ${target.authority} does not begin with TLS.`),
      );
      return;
    }
    if (reading.serverName?.toLowerCase() !== expected) {
      const named = reading.serverName === undefined ? 'no name' : 'another name';
      hop.refuse(proxyRefusal('net.tls.sni-mismatch', `The ClientHello in the tunnel has ${named}.`));
      return;
    }
    clearTimeout(timer);
    waiting = false;
    early.onMore = () => undefined;
    begun.tls();
  };
  if (early.bytes.length > 0) early.onMore(early.bytes);
}

/**
 * How bytes are carried. With sockets that were dialled here, each way has a reader that uses memory again; what a dial of
 * the caller gives is piped, since that memory may be somebody's.
 */
interface Ways {
  /** Starts the way from the client to the target. */
  readonly back: () => void;
  /** Starts the way from the target to the client. */
  readonly forth: () => void;
}

function carry(
  client: Socket,
  upstream: Socket,
  first: Buffer,
  ways: Ways,
  hop: ProxyHop,
  limits: ProxyLimits,
): void {
  let failure: string | undefined;
  const note = (error: NodeJS.ErrnoException): void => void (failure ??= error.code ?? 'EFAILED');
  const finish = (): void => {
    if (!client.destroyed || !upstream.destroyed) return;
    hop.end(failure === undefined ? { verdict: 'allow' } : { verdict: 'error', error: failure });
  };
  const idle = (ms: number, limit: string): void => {
    upstream.removeAllListeners('timeout');
    if (ms <= 2 ** 31 - 1) upstream.setTimeout(ms, () => hop.passLimit(limit));
  };
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.on('error', note);
    socket.once('end', () => idle(Math.min(limits.halfOpenMs, limits.idleMs), 'halfOpenMs'));
    socket.once('close', () => {
      // What was read before the end still goes out; then there is nobody left to read from the other side.
      if (failure !== undefined || other.writableFinished) other.destroy();
      else other.end(() => other.destroy());
      finish();
    });
  }
  idle(limits.idleMs, 'idleMs');
  if (first.length > 0) upstream.write(first);
  ways.back();
  ways.forth();
  if (client.destroyed) upstream.destroy();
  if (upstream.destroyed) client.destroy();
  finish();
}
