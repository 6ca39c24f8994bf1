import type { Denial } from '@clawforce/auth-rbac/express';
import type { AuditTrail } from '../audit/audit-trail.js';
import { authEvent } from '../auth/auth-event.js';
import { stateOf } from '../http/mount-routes.js';
import { TokenBucket } from '../limits/token-bucket.js';

/** What one caller may write into the log by being refused: at once, and for each second. */
const OF_ONE = { burst: 20, perSecond: 0.5 } as const;
/** What all may write together. */
const OF_ALL = { burst: 200, perSecond: 10 } as const;
/** Callers that are remembered; the one that was refused the longest ago is forgotten first. */
const MAX_CALLERS = 2_000;

type Refused = Denial<{ readonly id: string; readonly role: string }>;

/**
 * Writes requests that the guard refuses into the audit log. Whoever is refused decides how often, so the number of rows is
 * bounded for each caller and for all; what is left out is counted in the next row.
 */
export class DenialAudit {
  readonly #audit: Pick<AuditTrail, 'enqueue'>;
  readonly #now: () => number;
  readonly #all: TokenBucket;
  readonly #callers = new Map<string, TokenBucket>();
  #left = 0;

  constructor(audit: Pick<AuditTrail, 'enqueue'>, now: () => number = () => performance.now()) {
    this.#audit = audit;
    this.#now = now;
    this.#all = new TokenBucket(OF_ALL.burst, OF_ALL.perSecond, now);
  }

  /** Takes one refusal. */
  readonly note = (denial: Refused): void => {
    const { request, action, code, principal, resource, decision } = denial;
    // An access token runs out every few minutes in the most honest of browsers, and who shows none has tried nothing.
    if (code === 'TOKEN_EXPIRED' || (!principal && request.headers.authorization === undefined)) return;
    const { ip, requestId } = stateOf(request);
    if (!this.#bucketOf(principal?.id ?? ip).tryTake() || !this.#all.tryTake()) {
      this.#left += 1;
      return;
    }
    const named = request.params['id'];
    this.#audit.enqueue({
      ...authEvent('request_denied', principal?.id ?? null, ip, false, `${code}: ${action}`, new Date()),
      ext: {
        action,
        code,
        method: request.method,
        // Never the query: it is the caller's text, and the path of a file may be long.
        path: request.path.slice(0, 300),
        request_id: requestId,
        ...(principal ? { role: principal.role } : {}),
        ...(typeof named === 'string'
          ? { agent_id: named.slice(0, 64), exists: resource !== undefined }
          : {}),
        ...(decision ? { rule: decision.rule } : {}),
        ...(this.#left > 0 ? { left_out: this.#left } : {}),
      },
    });
    this.#left = 0;
  };

  #bucketOf(caller: string): TokenBucket {
    const bucket = this.#callers.get(caller) ?? new TokenBucket(OF_ONE.burst, OF_ONE.perSecond, this.#now);
    // Written anew, so that the order of the map is that of the last refusal.
    this.#callers.delete(caller);
    this.#callers.set(caller, bucket);
    const oldest = this.#callers.keys().next();
    if (this.#callers.size > MAX_CALLERS && !oldest.done) this.#callers.delete(oldest.value);
    return bucket;
  }
}
