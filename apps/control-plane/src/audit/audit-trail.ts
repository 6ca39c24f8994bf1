import type { AuditEvent } from '@clawforce/audit-log';
import type { Stores } from '../storage/storage.js';

/** Where the control plane writes what it decided and changed. */
export interface AuditTrail {
  /**
   * Appends one event; with `tx` in the same transaction as the change it speaks of.
   * @throws ApiError AUDIT_UNAVAILABLE when it cannot be written: a security change without a record does not happen.
   */
  record(event: AuditEvent, tx?: Stores): Promise<void>;
  /** Appends many events through one batched write, for bulk kinds such as policy decisions and egress. */
  enqueue(event: AuditEvent): void;
}
