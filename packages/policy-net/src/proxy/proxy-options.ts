import type { Server } from 'node:http';
import type { EgressAuditEvent } from '../client/audit.js';
import type { Dial } from '../client/dial.js';
import type { Resolve } from '../client/resolve-host.js';
import { numbersAt } from '../client/limits.js';
import { compileUpstream, type CompiledUpstream, type UpstreamProxy } from '../client/upstream.js';
import { functionAt, listOf, membersAt, portAt } from '../option-checks.js';
import type { NetworkSecurityPolicy } from '../policy.js';

/** Bounds of the egress proxy. `Infinity` lifts a bound. */
export interface ProxyLimits {
  /** For `identify`, and again from there until the connection to the target is open, lookup included. Milliseconds. */
  readonly connectMs: number;
  /** For the lookup alone. Milliseconds. */
  readonly dnsMs: number;
  /** For the head of a request, and from a forwarded request to the head of its response. Milliseconds. */
  readonly headersMs: number;
  /** Without a byte in either direction. Milliseconds. */
  readonly idleMs: number;
  /** As `idleMs`, once one side of a tunnel has ended. Milliseconds. */
  readonly halfOpenMs: number;
  /** Tunnels and forwarded requests that one agent may have at a time. */
  readonly maxTunnels: number;
  /** Requests of one agent in a minute, refused ones included. */
  readonly maxRequests: number;
  /** Client connections per listener. */
  readonly maxClients: number;
  /** Bytes of one request or response head. */
  readonly maxHeaderBytes: number;
  /** Bytes that a client may send after CONNECT before it has the answer. */
  readonly maxEarlyBytes: number;
  /** Interim (1xx) responses of one forwarded request. */
  readonly maxInterim: number;
  /** Refused credentials per client address and user name in a minute, before all are refused. */
  readonly maxAuthFailures: number;
}

/** The bounds that apply unless others are given. */
export const DEFAULT_PROXY_LIMITS: ProxyLimits = Object.freeze({
  connectMs: 10_000,
  dnsMs: 2_000,
  headersMs: 15_000,
  idleMs: 300_000,
  halfOpenMs: 30_000,
  maxTunnels: 256,
  maxRequests: 6_000,
  maxClients: 4_096,
  maxHeaderBytes: 16 * 1024,
  maxEarlyBytes: 16 * 1024,
  maxInterim: 8,
  maxAuthFailures: 10,
});

/** Where the proxy listens: a unix socket, or a TCP port (0 takes a free one) on `host`, loopback by default. */
export type ListenTarget = (
  | { readonly path: string; readonly port?: undefined; readonly host?: undefined }
  | { readonly path?: undefined; readonly port: number; readonly host?: string | undefined }
) & {
  /** The agent whose listener this is; handed to `identify`. */
  readonly agent?: string | undefined;
};

/** What `identify` learns of a client. */
export interface ProxyClient {
  /** The listener that the client came by, with the port that it got. */
  readonly listener: ListenTarget;
  /** The client's address; `undefined` on a unix socket. */
  readonly remoteAddress: string | undefined;
  /** What `Proxy-Authorization: Basic` says; `undefined` when there is none or it cannot be read. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** Gives the agent that a client acts for, `undefined` for nobody: the request is then answered with 407. */
export type Identify = (client: ProxyClient) => Promise<string | undefined> | string | undefined;

/** The one terminal record of a request to the proxy. `method` is `CONNECT` for tunnels, whose `url` is `host:port`. */
export interface ProxyAuditEvent extends EgressAuditEvent {
  /** `null` when nobody was identified. */
  readonly agent: string | null;
}

/** Options of `createEgressProxy`. */
export interface EgressProxyOptions {
  /** Tells for whom a request is made. What it throws counts as nobody. */
  readonly identify: Identify;
  /** Gives the policy in force for an agent; none, or a throw, refuses everything. Asked for each request. */
  readonly policyFor: (agent: string) => NetworkSecurityPolicy | undefined;
  /** Takes exactly one event per request. What it throws is counted and changes nothing. */
  readonly onAudit?: ((event: ProxyAuditEvent) => void) | undefined;
  /**
   * Looks a name up; the system's resolver by default. Once per request, never for literals or refused names; with an
   * exception, a name on its port is looked up before it is judged.
   */
  readonly resolve?: Resolve | undefined;
  /** Opens the TCP connection; by default Node's, racing address families. */
  readonly dial?: Dial | undefined;
  /** A parent HTTP proxy for every connection; asked for the judged address by CONNECT. Excludes `dial`. */
  readonly upstream?: UpstreamProxy | undefined;
  readonly limits?: Partial<ProxyLimits> | undefined;
  /**
   * Ports whose tunnels must begin with a TLS ClientHello for the name of the CONNECT, or with plain HTTP, whose requests
   * are then served as those for absolute URLs; none by default.
   */
  readonly sniPorts?: readonly number[] | undefined;
}

const known: ReadonlySet<string> = new Set([
  'identify',
  'policyFor',
  'onAudit',
  'resolve',
  'dial',
  'upstream',
  'limits',
  'sniPorts',
]);

const knownInTarget: ReadonlySet<string> = new Set(['path', 'port', 'host', 'agent']);

/** Checked options of an egress proxy. */
export interface CompiledProxyOptions extends Pick<
  EgressProxyOptions,
  'identify' | 'policyFor' | 'onAudit' | 'resolve' | 'dial'
> {
  readonly limits: ProxyLimits;
  readonly sniPorts: ReadonlySet<number>;
  readonly upstream: CompiledUpstream | undefined;
}

/**
 * Checks the options and gives them in the form that the proxy works on.
 *
 * @throws TypeError naming the option.
 */
export function checkProxyOptions(given: EgressProxyOptions): CompiledProxyOptions {
  const options = membersAt(given, 'options', known) as Partial<EgressProxyOptions>;
  const ports = listOf(options.sniPorts, 'sniPorts').map((port, i) => portAt(port, `sniPorts[${i}]`));
  if (options.upstream !== undefined && options.dial !== undefined) {
    throw new TypeError('upstream and dial exclude each other');
  }
  const { limits = {} } = options;
  return {
    identify: requiredAt(options.identify, 'identify'),
    policyFor: requiredAt(options.policyFor, 'policyFor'),
    onAudit: functionAt(options.onAudit, 'onAudit'),
    resolve: functionAt(options.resolve, 'resolve'),
    dial: functionAt(options.dial, 'dial'),
    limits: { ...DEFAULT_PROXY_LIMITS, ...numbersAt(limits, new Set(Object.keys(DEFAULT_PROXY_LIMITS))) },
    sniPorts: new Set(ports),
    upstream: compileUpstream(options.upstream),
  };
}

function requiredAt<T>(value: T | undefined, name: string): T {
  const given = functionAt(value, name);
  if (given === undefined) throw new TypeError(`${name} must be a function`);
  return given;
}

/** Checks where to listen and gives it without other members. @throws TypeError naming the option. */
export function checkListenTarget(target: unknown): ListenTarget {
  const { path, port, host, agent } = membersAt(target, 'target', knownInTarget);
  if (agent !== undefined && (typeof agent !== 'string' || agent === '')) {
    throw new TypeError('agent must be a string that is not empty');
  }
  const owner = agent === undefined ? {} : { agent };
  if (path !== undefined) {
    if (typeof path !== 'string' || path === '') throw new TypeError('path must be that of a unix socket');
    if (port !== undefined || host !== undefined) throw new TypeError('path excludes port and host');
    return { path, ...owner };
  }
  if (host !== undefined && typeof host !== 'string') throw new TypeError('host must be a string');
  return { port: port === 0 ? 0 : portAt(port, 'port'), host: host ?? '127.0.0.1', ...owner };
}

/** Binds a server. Rejects with the system's error, for example when the path exists. */
export function bind(server: Server, target: ListenTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(target.path === undefined ? { port: target.port, host: target.host } : target.path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
