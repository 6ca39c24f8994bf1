import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { Deadline } from '../client/deadline.js';
import { openConnection } from '../client/open-connection.js';
import type { Verdict } from '../verdict.js';
import { endToEnd, headerValues, requestHeaders } from './forward-headers.js';
import { proxyRefusal } from './proxy-gate.js';
import { countTraffic, type ProxyHop } from './proxy-hop.js';
import type { ListenTarget } from './proxy-options.js';
import type { ProxyTarget } from './proxy-target.js';
import { answerResponse, RULE_HEADER } from './refusal.js';
import type { ServeSettings } from './tunnel.js';

/** Where a request came in, and for what. */
export interface Asked {
  readonly listener: ListenTarget;
  readonly target: ProxyTarget | Verdict;
  /** Who asks, when the tunnel that the request came through has told. */
  readonly agent?: string | undefined;
}

/**
 * Serves a request for an absolute http URL on a connection of its own, so that each is looked up, judged and recorded
 * by itself and nothing of one agent waits in a pool for another.
 */
export async function serveForward(
  request: IncomingMessage,
  response: ServerResponse,
  { listener, target, agent }: Asked,
  hop: ProxyHop,
  settings: ServeSettings,
): Promise<void> {
  const { gate } = settings;
  hop.onStop = (answer) => answerResponse(response, answer);
  response.on('error', () => undefined);
  response.once('close', () => {
    if (!response.writableFinished) hop.end({ verdict: 'error', error: 'CLIENT_CLOSED' });
  });
  const refused = (await gate.admit(hop, request, listener, target, agent)) ?? judgeForm(request);
  if (hop.ended) return;
  if (refused !== undefined || hop.agent === null || hop.target === undefined) {
    hop.refuse(refused ?? proxyRefusal('net.proxy.malformed', 'This request cannot be forwarded.'));
    return;
  }
  try {
    const { host, port } = hop.target;
    const { socket, connection } = await openConnection(
      { host, port, secure: false, signal: hop.signal },
      settings.connection(hop.agent),
    );
    hop.connection = connection;
    socket.on('error', () => undefined);
    hop.signal.addEventListener('abort', () => socket.destroy(), { once: true });
    hop.traffic = countTraffic(socket);
    // The dial took time: judged is by the policy in force now.
    gate.review(hop, hop.agent);
    // Not narrowed by the check above: the hop may have ended meanwhile.
    if ((hop as { ended: boolean }).ended) socket.destroy();
    else exchange(request, response, socket, hop, settings);
  } catch (error) {
    hop.fail(error);
  }
}

function judgeForm({ rawHeaders }: IncomingMessage): ReturnType<typeof proxyRefusal> | undefined {
  // An upgrade would leave HTTP inside a forwarded request, where nothing is judged any more.
  if (headerValues(rawHeaders, 'upgrade').some((value) => /websocket/i.test(value))) {
    return proxyRefusal('net.proxy.upgrade', 'A forwarded request cannot become a WebSocket.');
  }
  return isPlainlyFramed(rawHeaders)
    ? undefined
    : proxyRefusal('net.proxy.malformed', 'A forwarded request has no transfer coding but chunked.');
}

/** The framing is made anew for the other side, so that a coding in it, whose header ends here, would be lost. */
function isPlainlyFramed(raw: readonly string[]): boolean {
  return headerValues(raw, 'transfer-encoding').every((value) => value.trim().toLowerCase() === 'chunked');
}

/** An answer that is not one to the request that was made. */
function protocolError(): Error {
  return Object.assign(new Error('the target does not keep to HTTP/1.1'), { code: 'EPROTO' });
}

function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  socket: Socket,
  hop: ProxyHop,
  { gate, limits, clock }: ServeSettings,
): void {
  const silence = new Deadline(clock, (limit) => hop.passLimit(limit));
  hop.signal.addEventListener('abort', () => silence.clear(), { once: true });
  const outgoing = begin(request, socket, hop, gate.pseudonym, limits.maxHeaderBytes);
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'HPE_HEADER_OVERFLOW') hop.passLimit('maxHeaderBytes', 502);
    else hop.fail(error);
  });
  let interim = 0;
  outgoing.on('information', () => {
    interim += 1;
    if (interim > limits.maxInterim) hop.passLimit('maxInterim', 502);
  });
  outgoing.on('upgrade', (_incoming, taken) => {
    // Nobody asked for it.
    taken.destroy();
    hop.fail(protocolError());
  });
  outgoing.on('response', (incoming) => {
    silence.clear();
    if (!isPlainlyFramed(incoming.rawHeaders)) {
      hop.fail(protocolError());
      return;
    }
    if (limits.idleMs <= 2 ** 31 - 1) socket.setTimeout(limits.idleMs, () => hop.passLimit('idleMs'));
    hop.status = incoming.statusCode ?? 0;
    try {
      // No target speaks in the name of the proxy.
      response.writeHead(hop.status, endToEnd(incoming.rawHeaders, [RULE_HEADER]));
    } catch (error) {
      hop.fail(error);
      return;
    }
    pipeline(incoming, response, (error) => {
      if (error) hop.fail(error);
      else hop.end({ verdict: 'allow' });
    });
  });
  silence.set('headersMs', limits.headersMs);
  request.on('data', () => {
    if (hop.status === undefined) silence.set('headersMs', limits.headersMs);
  });
  request.pipe(outgoing);
}

function begin(
  request: IncomingMessage,
  socket: Socket,
  hop: ProxyHop,
  pseudonym: string,
  maxHeaderBytes: number,
): ClientRequest {
  const { authority = '', path = '/' } = hop.target ?? {};
  const outgoing = httpRequest({
    method: hop.method,
    path,
    headers: requestHeaders(request.rawHeaders, hop.method, authority, `${request.httpVersion} ${pseudonym}`),
    setHost: false,
    createConnection: () => socket,
    ...(Number.isFinite(maxHeaderBytes) ? { maxHeaderSize: maxHeaderBytes } : {}),
  });
  // Node would drop what is beyond the count in silence; the bytes are bounded.
  outgoing.maxHeadersCount = 0;
  return outgoing;
}
