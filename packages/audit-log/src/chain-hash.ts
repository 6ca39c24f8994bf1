import { createHash } from 'node:crypto';
import { canonicalJson } from '@clawforce/policy-core';
import type { AuditRow } from './audit-store.js';

/** What the first row continues. */
export const GENESIS_HASH = '0'.repeat(64);

// The domain keeps a row's hash apart from every other SHA-256 over the same bytes.
const DOMAIN = 'clawforce-audit-row-v1\n';

/** Gives the hash of a row: hex SHA-256 over the domain and the canonical JSON (RFC 8785) of its other fields. */
export function rowHash(row: Omit<AuditRow, 'hash'>): string {
  const { seq, time, event, prevHash } = row;
  return createHash('sha256')
    .update(DOMAIN)
    .update(canonicalJson({ event, prevHash, seq, time }))
    .digest('hex');
}
