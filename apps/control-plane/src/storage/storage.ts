import type { RefreshStore, TicketStore } from '@clawforce/auth-rbac/tokens';
import type { AgentStore } from './agents/agent-store.js';
import type { AuditChain } from './audit/audit-chain.js';
import type { AuditQuery } from './audit/audit-query.js';
import type { ConfigStore } from './configs/config-store.js';
import type { CredentialStore } from './credentials/credential-store.js';
import type { EventStore } from './events/event-store.js';
import type { PrismaLimiterStore } from './limiter/prisma-limiter-store.js';
import type { MessageStore } from './messages/message-store.js';
import type { SessionStore } from './sessions/session-store.js';
import type { SettingStore } from './settings/setting-store.js';
import type { SetupStore } from './setup/setup-store.js';
import type { UserStore } from './users/user-store.js';

/** The stores, over the database or over one transaction. */
export interface Stores {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  /** For `createTokenService`. */
  readonly refresh: RefreshStore;
  /** For `createTokenService`. */
  readonly tickets: TicketStore;
  /** For `createLoginLimiter`. */
  readonly limiter: PrismaLimiterStore;
  readonly setup: SetupStore;
  readonly agents: AgentStore;
  readonly credentials: CredentialStore;
  readonly configs: ConfigStore;
  readonly events: EventStore;
  readonly messages: MessageStore;
  /** Rows of the audit chain; written through `openAuditLog(auditStoreOf(storage))`. */
  readonly audit: AuditChain;
  readonly auditQuery: AuditQuery;
  readonly settings: SettingStore;
  /** Does something outside the database once the transaction is committed; at once where there is none. */
  afterCommit(effect: () => void): void;
}

/** The database of the control plane. */
export interface Storage extends Stores {
  readonly provider: 'sqlite' | 'postgresql';
  /**
   * Runs `work` in one transaction: everything commits together or nothing does. Use only the stores it is given: on SQLite
   * the outer ones wait for the transaction to end. Retries when the database was busy before anything was written, so
   * `work` must not have effects outside the database.
   */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** Resolves when the database answers, for `/readyz`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
