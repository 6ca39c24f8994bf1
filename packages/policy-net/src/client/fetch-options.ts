import type { AuditSink } from './audit.js';
import type { Dial } from './dial.js';
import { applyLimits, DEFAULT_LIMITS, type FetchLimits } from './limits.js';
import type { Resolve } from './resolve-host.js';
import { compileTls, type TlsSettings } from './secure-socket.js';
import { compileUpstream, type CompiledUpstream, type UpstreamProxy } from './upstream.js';

/** Options of `createGuardedFetch`. */
export interface GuardedFetchOptions {
  /** Looks a name up; the system's resolver by default. Called once per new connection, never for literals. */
  readonly resolve?: Resolve | undefined;
  /** Opens the TCP connection; by default Node's, racing address families. */
  readonly dial?: Dial | undefined;
  /** A parent HTTP proxy for every connection; asked for the judged address by CONNECT. Excludes `dial`. */
  readonly upstream?: UpstreamProxy | undefined;
  /** Certificates and versions for TLS. */
  readonly tls?: TlsSettings | undefined;
  /** Bounds of every call; a call may give its own in `init.limits`. */
  readonly limits?: Partial<FetchLimits> | undefined;
  /** Media types that a response body may have, such as `text/*`; all by default. */
  readonly contentTypes?: readonly string[] | undefined;
  /** Follows redirects from https to http. */
  readonly allowDowngrade?: boolean | undefined;
  /** Takes exactly one event per hop. */
  readonly onAudit?: AuditSink | undefined;
}

const known: ReadonlySet<string> = new Set([
  'resolve',
  'dial',
  'upstream',
  'tls',
  'limits',
  'contentTypes',
  'allowDowngrade',
  'onAudit',
]);

/**
 * Checks the options and gives the limits in force, the parent proxy and the TLS settings.
 *
 * @throws TypeError naming the option.
 */
export function checkFetchOptions(options: GuardedFetchOptions): {
  readonly limits: FetchLimits;
  readonly upstream: CompiledUpstream | undefined;
  readonly tls: TlsSettings | undefined;
} {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError('options must be an object');
  }
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw new TypeError(`unknown option "${name}"`);
  }
  for (const name of ['resolve', 'dial', 'onAudit'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new TypeError(`${name} must be a function`);
    }
  }
  const { allowDowngrade } = options as { allowDowngrade?: unknown };
  if (allowDowngrade !== undefined && typeof allowDowngrade !== 'boolean') {
    throw new TypeError('allowDowngrade must be a boolean');
  }
  if (options.upstream !== undefined && options.dial !== undefined) {
    throw new TypeError('upstream and dial exclude each other');
  }
  return {
    limits: applyLimits(DEFAULT_LIMITS, options.limits),
    upstream: compileUpstream(options.upstream),
    tls: compileTls(options.tls, 'tls'),
  };
}
