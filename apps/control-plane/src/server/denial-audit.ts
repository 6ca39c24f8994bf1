import type { Denial } from '@clawforce/auth-rbac/express';
import type { AuditTrail } from '../audit/audit-trail.js';
import { RowBudget } from '../audit/row-budget.js';
import { addressKey } from '../auth/auth-parts.js';
import { authEvent } from '../auth/auth-event.js';
import { stateOf } from '../http/mount-routes.js';

type Refused = Denial<{ readonly id: string; readonly role: string }>;

/**
 * Writes requests that the guard refuses into the audit log. Whoever is refused decides how often, so the number of rows is
 * bounded for each caller and for all; what is left out is counted in the next row.
 */
export class DenialAudit {
  readonly #audit: Pick<AuditTrail, 'enqueue'>;
  readonly #budget: RowBudget;

  constructor(audit: Pick<AuditTrail, 'enqueue'>, now?: () => number) {
    this.#audit = audit;
    this.#budget = new RowBudget(now);
  }

  /** Takes one refusal. */
  readonly note = (denial: Refused): void => {
    const { request, action, code, principal, resource, decision } = denial;
    // An access token runs out every few minutes in the most honest of browsers, and who shows none has tried nothing.
    if (code === 'TOKEN_EXPIRED' || (!principal && request.headers.authorization === undefined)) return;
    const { ip, requestId } = stateOf(request);
    const leftOut = this.#budget.take(principal?.id ?? addressKey(ip));
    if (!leftOut) return;
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
        ...leftOut,
      },
    });
  };
}
