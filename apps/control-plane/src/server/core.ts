import type { AgentPool, ResolvedLevel } from '@clawforce/pool-core';
import { createRedactor } from '@clawforce/secrets-redact';
import { agentConfigSchema } from '@clawforce/protocol/config';
import { AgentFiles } from '../agents/agent-files.js';
import { levelCeiling, resolveIsolation } from '../agents/agent-isolation.js';
import { AgentStandings } from '../agents/agent-standing.js';
import { AgentService } from '../agents/agent-service.js';
import type { AgentLifecycle } from '../agents/lifecycle.js';
import type { WorkerImages } from '../agents/worker-images.js';
import { ToolService } from '../agents/tool-service.js';
import { ChainedAuditTrail } from '../audit/chained-audit-trail.js';
import { createLoginLimiter, createPasswordHasher, createTokenService } from '../auth/auth-parts.js';
import { AuthService } from '../auth/auth-service.js';
import { SessionEndings } from '../auth/session-ends.js';
import { SetupLinks } from '../auth/setup-links.js';
import { exportConfig } from '../config/config-export.js';
import { ConfigService } from '../config/config-service.js';
import { UnsafeSettings } from '../config/unsafe-settings.js';
import { ActivityFeed } from '../events/activity-feed.js';
import { RefusalBook } from '../events/refusal-book.js';
import { SessionFiles } from '../events/session-files.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { Loggers } from '../log/logger.js';
import { WorkerLogs } from '../log/worker-log.js';
import type { Settings } from '../settings/index.js';
import { acquireWriterLock, openStorage, type AgentRecord, type Storage } from '../storage/index.js';
import { createConfigVault, createVault, secretPathsOf } from '../vault/index.js';
import { offlineMode } from './backend-selection.js';
import { derivedKey } from './derived-key.js';
import { fileGuardOf } from './file-guard.js';
import { unconfinedExec } from './unconfined-exec.js';
import { workerUser } from './worker-user.js';

/** The parts that exist whether agents run or not. */
export interface Core {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly audit: ChainedAuditTrail;
  readonly auth: AuthService;
  readonly setup: SetupLinks;
  readonly endings: SessionEndings;
  readonly feed: ActivityFeed;
  readonly files: AgentFiles;
  readonly sessionFiles: SessionFiles;
  readonly workerLogs: WorkerLogs;
  /** Mode of a new agent while no server runs. */
  readonly offlineMode: string;
  close(): Promise<void>;
}

/** Takes the writer lock, opens the database and gives the parts that need nothing else. */
export async function openCore(settings: Settings, loggers: Loggers): Promise<Core> {
  const lock = await acquireWriterLock(settings.databaseUrl, {
    onLost: (reason) => {
      loggers.app.error('the writer lock is lost; stopping at once', { reason });
      process.exit(1);
    },
  });
  let storage: Storage;
  try {
    storage = await openStorage(settings.databaseUrl, {
      cursorKey: derivedKey(settings.jwtSecret, 'cursors').export(),
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
  const audit = new ChainedAuditTrail({
    storage,
    line: (event) => loggers.audit.info(event.kind, event),
    onFailure: (error) => loggers.app.error('the audit log cannot be written', { cause: String(error) }),
  });
  const endings = new SessionEndings();
  const hasher = createPasswordHasher();
  const auth = new AuthService({
    storage,
    audit,
    endings,
    tokens: createTokenService({
      keys: [{ kid: 'k1', secret: settings.jwtSecret }],
      issuer: 'clawforce',
      audience: 'clawforce-api',
      refreshStore: storage.refresh,
      ticketStore: storage.tickets,
    }),
    hasher,
    limiter: createLoginLimiter(storage.limiter, { secret: derivedKey(settings.jwtSecret, 'login-limiter') }),
  });
  const files = new AgentFiles(settings.storageRoot, {
    allowDetectOnly: fileGuardOf(process.platform) === 'detect',
    ownerOf: async (agentId) => {
      const agent = await storage.agents.get(agentId);
      return agent && workerUser(agent, storage, settings);
    },
  });
  const workerLogs = new WorkerLogs(
    files,
    (error) => loggers.app.warn('the output of a worker could not be kept', { cause: String(error) }),
    async (agentId) => (await storage.agents.get(agentId)) !== undefined,
  );
  return {
    settings,
    storage,
    audit,
    auth,
    setup: new SetupLinks({ storage, hasher, audit }),
    endings,
    files,
    feed: new ActivityFeed(),
    sessionFiles: new SessionFiles(files),
    workerLogs,
    offlineMode: await offlineMode(settings, storage.settings),
    async close() {
      await audit.close();
      // The last words of the workers are still on their way when the pool has closed.
      await workerLogs.settled();
      await files.close();
      await storage.close();
      await lock.release();
    },
  };
}

/** What serves the routes; hub, lifecycle and pool are there only while the server runs. */
export interface Services {
  readonly agents: AgentService;
  readonly configs: ConfigService;
  readonly tools: ToolService;
  /** What a pool has to enforce for an agent. */
  readonly isolationOf: (agent: AgentRecord) => Promise<ResolvedLevel>;
  readonly refusals: RefusalBook;
  readonly unsafe: UnsafeSettings;
}

/** Parts that only a running server has. */
export interface LiveParts {
  readonly hub: LinkHub;
  readonly lifecycle: AgentLifecycle;
  readonly pool: AgentPool;
  readonly images: WorkerImages;
}

/** Gives the services over a core. `live` is asked late, since the parts need one another. */
export function createServices(
  core: Core,
  live: () => LiveParts | undefined,
  onConfigChanged: (agentId: string) => void,
  onFileFailure: (error: unknown) => void,
): Services {
  const { settings, storage, audit, feed, files, sessionFiles, workerLogs } = core;
  const ceiling = levelCeiling(settings);
  const refusals = new RefusalBook(storage);
  feed.subscribeAll((agentId, item) => refusals.hear(agentId, item));
  const unsafe = new UnsafeSettings(storage);
  const agents = new AgentService({
    storage,
    standings: new AgentStandings(refusals, unsafe),
    files,
    sessionFiles,
    workerLogs,
    audit,
    feed,
    lifecycle: () => live()?.lifecycle,
    images: () => live()?.images,
    backend: () => live()?.pool.kind ?? core.offlineMode,
    maxLevel: settings.maxLevel,
    keepLevel: (stores, agentId, level) => configs.keepLevel(stores, agentId, level),
    onLeftover: (_agentId, error) => onFileFailure(error),
  });
  const configs = new ConfigService({
    storage,
    audit,
    checkIsolation: (docker) => void resolveIsolation(docker.level, docker, ceiling),
    hub: () => live()?.hub,
    unconfinedExec: () => unconfinedExec(settings, live()?.pool.kind),
    onChanged: (agentId) => {
      onConfigChanged(agentId);
      exportConfig(storage, files, agentId).catch(onFileFailure);
      // Level and unsafe settings are part of what watchers see of an agent.
      void storage.agents.get(agentId).then(
        (agent) => agent && feed.publish(agentId, { kind: 'status', agent }),
        () => undefined,
      );
    },
    redactor: createRedactor(agentConfigSchema, { key: derivedKey(settings.jwtSecret, 'placeholders') }),
    vault: createConfigVault({
      vault: createVault(settings.masterKeys),
      isSecret: secretPathsOf(agentConfigSchema),
      onAccess: ({ agentId, ip, success, detail }) =>
        audit.enqueue({
          kind: 'vault_access',
          agent_id: agentId,
          ip,
          success,
          detail,
          timestamp: new Date().toISOString(),
        }),
    }),
  });
  const isolationOf = async (agent: AgentRecord): Promise<ResolvedLevel> =>
    resolveIsolation(agent.level, (await configs.withoutSecrets(agent.id)).docker, ceiling);
  const tools = new ToolService({
    hub: () => live()?.hub,
    files,
    workerConfig: (agentId) => configs.workerConfig(agentId),
    execTimeoutS: async (agentId) => (await configs.withoutSecrets(agentId)).exec.timeout,
  });
  return { agents, configs, tools, isolationOf, refusals, unsafe };
}
