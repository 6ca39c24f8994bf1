import { flagAt, functionAt, membersAt } from '../option-checks.js';
import type { AuditSink } from './audit.js';
import { compileContentTypes } from './content-type-gate.js';
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

/** Checked options of a guarded fetch. */
export interface CompiledFetchOptions {
  readonly resolve: Resolve | undefined;
  readonly dial: Dial | undefined;
  readonly upstream: CompiledUpstream | undefined;
  readonly tls: TlsSettings | undefined;
  readonly limits: FetchLimits;
  readonly admitsType: ((header: string | null) => boolean) | undefined;
  readonly allowDowngrade: boolean;
  readonly onAudit: AuditSink | undefined;
}

/**
 * Checks the options and gives them in the form that the client works on.
 *
 * @throws TypeError naming the option.
 */
export function checkFetchOptions(given: GuardedFetchOptions): CompiledFetchOptions {
  const options = membersAt(given, 'options', known) as GuardedFetchOptions;
  if (options.upstream !== undefined && options.dial !== undefined) {
    throw new TypeError('upstream and dial exclude each other');
  }
  return {
    resolve: functionAt(options.resolve, 'resolve'),
    dial: functionAt(options.dial, 'dial'),
    upstream: compileUpstream(options.upstream),
    tls: compileTls(options.tls, 'tls'),
    limits: applyLimits(DEFAULT_LIMITS, options.limits),
    admitsType: options.contentTypes && compileContentTypes(options.contentTypes),
    allowDowngrade: flagAt(options.allowDowngrade, 'allowDowngrade'),
    onAudit: functionAt(options.onAudit, 'onAudit'),
  };
}
