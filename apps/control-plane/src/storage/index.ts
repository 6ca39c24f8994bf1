export { openStorage, type OpenStorageOptions } from './open-storage.js';
export type { Storage, Stores } from './storage.js';
export { StorageError, type StorageErrorCode } from './storage-error.js';
export type { Page, PageRequest } from './page/page.js';
export type { NewUser, UserChanges, UserRecord, UserRole, UserStore } from './users/user-store.js';
export {
  isSessionLive,
  type NewSession,
  type SessionRecord,
  type SessionStore,
} from './sessions/session-store.js';
export type { SetupStore } from './setup/setup-store.js';
export type {
  AgentChanges,
  AgentRecord,
  AgentStatus,
  AgentStore,
  AgentVisibility,
  DesiredState,
  NewAgent,
  StatusChange,
  UidRange,
} from './agents/agent-store.js';
export {
  isLive as isCredentialLive,
  type CredentialKind,
  type CredentialRecord,
  type CredentialStore,
  type NewCredential,
} from './credentials/credential-store.js';
export type { ConfigRecord, ConfigStore, JsonValue, SealedSecret } from './configs/config-store.js';
export type {
  AppendOutcome,
  EventSource,
  EventStore,
  SessionSummary,
  StoredEvent,
} from './events/event-store.js';
export {
  MESSAGE_TRANSITIONS,
  type MessageOutcome,
  type MessageRecord,
  type MessageState,
  type MessageStore,
  type NewMessage,
} from './messages/message-store.js';
export { auditStoreOf, type AuditChain } from './audit/audit-chain.js';
export type { AuditFilter, AuditQuery, AuditRecord } from './audit/audit-query.js';
export type { SettingStore } from './settings/setting-store.js';
export { acquireWriterLock, type WriterLock, type WriterLockOptions } from './lock/writer-lock.js';
