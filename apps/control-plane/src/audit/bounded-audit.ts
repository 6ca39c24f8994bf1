import type { AuthEvent } from '@clawforce/audit-log';
import type { AuditTrail } from './audit-trail.js';
import { RowBudget } from './row-budget.js';

/**
 * Writes what somebody is refused who may be anybody: a bounded number of rows for each caller and for all. What is left
 * out is counted in the next row, as `ext.left_out`.
 */
export class BoundedAudit {
  readonly #audit: Pick<AuditTrail, 'record'>;
  readonly #budget: RowBudget;

  constructor(audit: Pick<AuditTrail, 'record'>, now?: () => number) {
    this.#audit = audit;
    this.#budget = new RowBudget(now);
  }

  /** Writes the event, or counts it. @throws ApiError AUDIT_UNAVAILABLE */
  async record(caller: string, event: AuthEvent): Promise<void> {
    const ext = this.#budget.take(caller);
    if (!ext) return;
    try {
      await this.#audit.record(ext.left_out === undefined ? event : { ...event, ext });
    } catch (error) {
      this.#budget.lost((ext.left_out ?? 0) + 1);
      throw error;
    }
  }
}
