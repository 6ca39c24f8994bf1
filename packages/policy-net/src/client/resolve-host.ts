import { parseAddress } from '../address/parse-address.js';
import { EgressDeniedError } from '../errors.js';
import type { NetworkSecurityPolicy } from '../policy.js';
import type { NetRule } from '../rules.js';
import { Cancellation } from './cancellation.js';
import { deny, toDecision } from '../verdict.js';
import { startTimer } from './limits.js';

/**
 * Gives every address of a name; rejects when there is none. Called once per new connection. `signal` is aborted when
 * nobody waits for the answer any more.
 */
export type Resolve = (host: string, giving: { readonly signal: AbortSignal }) => Promise<readonly string[]>;

/** A resolver has as many lookups waiting as it takes; becomes the refusal `net.dns.too-many-lookups`. */
export class TooManyLookupsError extends Error {
  constructor(host: string) {
    super(`Too many lookups wait before that of ${host}.`);
    this.name = 'TooManyLookupsError';
  }
}

/** More than any name has in use; each is judged, may be dialled, and stands in the audit event. */
const MOST_ANSWERS = 256;
/** Made once: an error for each connection would have a stack that nobody reads. */
const OVER = new Error('nobody waits for the answer any more');

/**
 * Gives all answers for a name, or refuses: failure, silence, emptiness and answers that are no addresses count as
 * refusals, never as "unknown, so go ahead".
 *
 * @throws EgressDeniedError with a `net.dns` rule.
 */
export async function resolveHost(
  host: string,
  settings: {
    readonly policy: NetworkSecurityPolicy;
    readonly resolve: Resolve;
    readonly dnsMs: number;
    readonly giving: Cancellation;
  },
): Promise<readonly string[]> {
  const refuse = (rule: NetRule, reason: string, cause?: unknown): EgressDeniedError =>
    new EgressDeniedError(toDecision(deny(rule, reason), host, settings.policy.digest), { cause });
  let timer: NodeJS.Timeout | undefined;
  let forget = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(settings.dnsMs, () =>
      reject(
        refuse('net.dns.timeout', `The resolver did not answer for ${host} within ${settings.dnsMs} ms.`),
      ),
    );
    forget = settings.giving.onCancel((reason) => reject(reason));
  });
  const waiting = new Cancellation();
  const lookedUp = (async (): Promise<unknown> => {
    try {
      return await settings.resolve(host, waiting);
    } catch (cause) {
      if (cause instanceof TooManyLookupsError) throw refuse('net.dns.too-many-lookups', cause.message);
      throw refuse('net.dns.failed', `${host} could not be resolved.`, cause);
    }
  })();
  // The loser of the race must not become an unhandled rejection.
  lookedUp.catch(() => undefined);
  late.catch(() => undefined);
  try {
    const answers = await Promise.race([lookedUp, late]);
    if (!Array.isArray(answers)) throw refuse('net.dns.malformed', `The resolver gave no list for ${host}.`);
    if (answers.length === 0) throw refuse('net.dns.empty', `${host} has no address.`);
    if (answers.length > MOST_ANSWERS) {
      throw refuse(
        'net.dns.malformed',
        `${host} has ${answers.length} addresses, more than ${MOST_ANSWERS}.`,
      );
    }
    return answers.map((answer: unknown) => {
      if (typeof answer !== 'string' || parseAddress(answer) === undefined) {
        throw refuse('net.dns.malformed', `The resolver gave something for ${host} that is no address.`);
      }
      return answer;
    });
  } finally {
    clearTimeout(timer);
    forget();
    waiting.cancel(OVER);
  }
}
