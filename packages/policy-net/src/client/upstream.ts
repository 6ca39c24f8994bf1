import { connect, type Socket } from 'node:net';
import { EgressUpstreamError } from '../errors.js';
import { membersAt } from '../option-checks.js';
import { parseAddress } from '../address/parse-address.js';
import type { DialTarget } from './dial.js';
import { compileTls, secureSocket, type TlsSettings } from './secure-socket.js';

/** A parent HTTP proxy that every connection goes through. The operator's choice, so policy does not judge it. */
export interface UpstreamProxy {
  /** `http://proxy.example.net:3128`, or `https:` for TLS to the proxy itself. */
  readonly url: string;
  /** Sent to the parent as Basic credentials, and to nobody else. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** For an `https:` parent. */
  readonly tls?: TlsSettings | undefined;
}

/** Checked options of a parent proxy. */
export interface CompiledUpstream {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly tls: TlsSettings | undefined;
  readonly authorization: string | undefined;
}

const known: ReadonlySet<string> = new Set(['url', 'credentials', 'tls']);
const knownInCredentials: ReadonlySet<string> = new Set(['username', 'password']);
/** Bytes of the parent's answer to CONNECT. */
const MAX_HEAD = 16 * 1024;

/** Checks the option. @throws TypeError naming the part that is malformed. */
export function compileUpstream(option: unknown): CompiledUpstream | undefined {
  if (option === undefined) return undefined;
  const { url, credentials, tls } = membersAt(option, 'upstream', known);
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (
    parsed === undefined ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.pathname !== '/' ||
    parsed.username + parsed.password + parsed.search + parsed.hash !== ''
  ) {
    throw new TypeError('upstream.url must be http://host:port or https://host:port, credentials apart');
  }
  const secure = parsed.protocol === 'https:';
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    secure,
    tls: compileTls(tls, 'upstream.tls'),
    authorization:
      credentials === undefined
        ? undefined
        : basic(membersAt(credentials, 'upstream.credentials', knownInCredentials)),
  };
}

function basic({ username, password }: Readonly<Record<string, unknown>>): string {
  if (typeof username !== 'string' || typeof password !== 'string' || username.includes(':')) {
    throw new TypeError('upstream.credentials must be { username, password }, no colon in the username');
  }
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/**
 * Gives a connection through the parent to the first judged address that it reaches. The parent is asked for the
 * address and never for the name: it must not look the name up again and arrive somewhere else.
 *
 * @throws EgressUpstreamError when the parent refuses or cannot be understood.
 */
export async function dialUpstream(
  upstream: CompiledUpstream,
  { addresses, port, signal }: DialTarget,
): Promise<{ readonly socket: Socket; readonly address: string }> {
  let refusal: unknown;
  for (const address of addresses) {
    try {
      return { socket: await tunnel(upstream, address, port, signal), address };
    } catch (error) {
      signal.throwIfAborted();
      // Another address of the host may still answer; credentials that are wrong stay wrong.
      if (!(error instanceof EgressUpstreamError) || error.status === undefined || error.status < 500)
        throw error;
      refusal = error;
    }
  }
  throw refusal;
}

async function tunnel(
  upstream: CompiledUpstream,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  let socket: Socket = connect({ host: upstream.host, port: upstream.port, noDelay: true, keepAlive: true });
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await connected(socket);
    if (upstream.secure) {
      socket = await secureSocket(
        socket,
        upstream.host,
        parseAddress(upstream.host) !== undefined,
        upstream.tls,
      );
    }
    const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    const auth =
      upstream.authorization === undefined ? '' : `Proxy-Authorization: ${upstream.authorization}\r\n`;
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${auth}\r\n`);
    const status = await readAnswer(socket);
    if (status < 200 || status > 299) {
      throw new EgressUpstreamError(`The upstream proxy answered ${status}.`, status);
    }
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
}

/** Reads the head of the answer and leaves what follows, which is the target's, in the socket. */
function readAnswer(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const settle = (done: () => void): void => {
      socket.pause();
      socket.removeListener('data', take).removeListener('error', reject).removeListener('close', gone);
      done();
    };
    const gone = (): void =>
      settle(() => reject(new EgressUpstreamError('The upstream proxy closed the connection.', undefined)));
    const take = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && head.length <= MAX_HEAD) return;
      const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |\r)/.exec(head.toString('latin1', 0, 32))?.[1];
      settle(() => {
        if (end < 0 || end > MAX_HEAD || status === undefined) {
          reject(new EgressUpstreamError('The upstream proxy gave no HTTP answer.', undefined));
          return;
        }
        if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
        resolve(Number(status));
      });
    };
    socket.on('data', take).once('error', reject).once('close', gone);
  });
}
