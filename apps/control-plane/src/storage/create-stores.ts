import { PrismaAgentStore } from './agents/prisma-agent-store.js';
import { PrismaAuditChain } from './audit/prisma-audit-chain.js';
import { PrismaAuditQuery } from './audit/prisma-audit-query.js';
import { PrismaConfigStore } from './configs/prisma-config-store.js';
import { PrismaCredentialStore } from './credentials/prisma-credential-store.js';
import { PrismaEventStore } from './events/prisma-event-store.js';
import { PrismaLimiterStore } from './limiter/prisma-limiter-store.js';
import { PrismaMessageStore } from './messages/prisma-message-store.js';
import { PrismaSessionStore } from './sessions/prisma-session-store.js';
import { PrismaSettingStore } from './settings/prisma-setting-store.js';
import { PrismaSetupStore } from './setup/prisma-setup-store.js';
import type { Stores } from './storage.js';
import type { StoreContext } from './store-context.js';
import { PrismaRefreshStore } from './tokens/prisma-refresh-store.js';
import { PrismaTicketStore } from './tokens/prisma-ticket-store.js';
import { PrismaUserStore } from './users/prisma-user-store.js';

/** Gives every store over one database or transaction. */
export function createStores(context: StoreContext): Stores {
  return {
    users: new PrismaUserStore(context),
    sessions: new PrismaSessionStore(context),
    refresh: new PrismaRefreshStore(context),
    tickets: new PrismaTicketStore(context),
    limiter: new PrismaLimiterStore(context),
    setup: new PrismaSetupStore(context),
    agents: new PrismaAgentStore(context),
    credentials: new PrismaCredentialStore(context),
    configs: new PrismaConfigStore(context),
    events: new PrismaEventStore(context),
    messages: new PrismaMessageStore(context),
    audit: new PrismaAuditChain(context),
    auditQuery: new PrismaAuditQuery(context),
    settings: new PrismaSettingStore(context),
    afterCommit: (effect) => context.afterCommit(effect),
  };
}
