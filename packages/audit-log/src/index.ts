export type {
  AuditEvent,
  AuditExtension,
  AuthEvent,
  ChangeEvent,
  EgressEvent,
  PolicyDecisionEvent,
  VaultAccessEvent,
} from './audit-event.js';
export { AUDIT_LOG_ERRORS, AuditLogError } from './audit-log-error.js';
export type { AuditLogErrorCode } from './audit-log-error.js';
export type { AuditRow, AuditStore, ChainHead } from './audit-store.js';
export { GENESIS_HASH, rowHash } from './chain-hash.js';
export { MAX_EXT } from './clean-event.js';
export { MAX_TEXT } from './clean-text.js';
export { AUDIT_KINDS, checkAuditEvent } from './event-fields.js';
export { memoryAuditStore } from './memory-audit-store.js';
export type { MemoryAuditStore } from './memory-audit-store.js';
export { openAuditLog } from './open-audit-log.js';
export type { AuditLog, Checkpoint, ExportOptions } from './open-audit-log.js';
export type { Verification, VerifyOptions } from './verify-chain.js';
