import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SystemResolver } from '@clawforce/policy-net';
import { LINK_CODES } from '@clawforce/protocol';
import type { Server as SocketServer } from 'socket.io';
import { AgentLifecycle } from '../agents/lifecycle.js';
import { attestNothing } from '../agents/attest-worker.js';
import type { Failpoint, LifecycleTiming } from '../agents/lifecycle-parts.js';
import { WorkerImages } from '../agents/worker-images.js';
import type { SessionEndings } from '../auth/session-ends.js';
import { TrafficRegistry } from '../broker/traffic-registry.js';
import { ADMIN_SOCKET } from '../cli/connect.js';
import { DrillFiles } from '../drills/drill-files.js';
import { DrillService } from '../drills/drill-service.js';
import { startDemoOrigin, type DemoOrigin } from '../demo/demo-origin.js';
import { provisionDemoAgent } from '../demo/provision-demo-agent.js';
import { EgressGateway } from '../egress/egress-gateway.js';
import { EgressReport } from '../egress/egress-report.js';
import { FleetFeed } from '../events/fleet-feed.js';
import { EventIntake } from '../events/event-intake.js';
import { LinkHub } from '../hub/link-hub.js';
import { JoinCredentials, storagePorts } from '../hub/storage-ports.js';
import type { ApiError } from '../errors/api-error.js';
import type { Loggers } from '../log/logger.js';
import { MessageService } from '../messages/message-service.js';
import type { Settings } from '../settings/index.js';
import { DashboardFiles } from '../ui/dashboard-files.js';
import { attachUiSocket } from '../ui/ui-socket.js';
import { createAdminServer } from './admin-app.js';
import type { Backend } from './backend.js';
import { AgentLaunchPad } from './agent-launch-pad.js';
import { clientAddress } from './client-address.js';
import { createServices, openCore, type Core } from './core.js';
import { DenialAudit } from './denial-audit.js';
import { ensureFirstUser } from './first-user.js';
import { guardFor } from './guard-for.js';
import { startMaintenance } from './maintenance.js';
import { OwnAddresses } from './own-addresses.js';
import { ownEndpoints } from './own-endpoints.js';
import { createPublicApp } from './public-app.js';
import { publicCaller } from './public-caller.js';
import { allRoutes } from './routes.js';
import { watchSessions } from './session-watch.js';
import { threadPoolSize } from './thread-pool-size.js';
import { unconfinedExec } from './unconfined-exec.js';
import { workerPatience } from './worker-patience.js';
import { workerUser } from './worker-user.js';
import { createStoppableServer, stopServer } from './stoppable-server.js';
import { listenOnUnixSocket } from './unix-listener.js';

/** A running control plane. */
export interface ControlPlane {
  /** Where browsers reach it. */
  readonly url: string;
  readonly backend: Backend;
  /** The one-time link that sets the first password; undefined once it is set. */
  readonly setupLink: string | undefined;
  /** Name of the first superadmin. */
  readonly firstUser: string;
  /** Ends workers and connections, keeps desired states, closes the database. */
  close(): Promise<void>;
}

/** What {@link startControlPlane} may be told besides the settings. */
export interface ControlPlaneOptions {
  readonly timing?: Partial<LifecycleTiming>;
  /** Directory of the built dashboard; without it `/` is a plain page. */
  readonly dashboard?: string | undefined;
  /** Tests end the process at a step of a start or a stop. */
  readonly failpoint?: (point: Failpoint) => Promise<void> | void;
}

const DEMO_PORT_SETTING = 'demo.port';

/** Starts the control plane on a pool. */
export async function startControlPlane(
  settings: Settings,
  loggers: Loggers,
  openBackend: (core: Core) => Promise<Backend>,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const core = await openCore(settings, loggers);
  const closers: (() => Promise<unknown>)[] = [() => core.close()];
  // Closed in the opposite order; one that fails does not keep the others from it.
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) {
      await close().catch((error: unknown) =>
        loggers.app.error('a part did not close', { cause: String(error) }),
      );
    }
  };
  try {
    return await start(core, loggers, openBackend, options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  core: Core,
  loggers: Loggers,
  openBackend: (core: Core) => Promise<Backend>,
  { timing = {}, dashboard, failpoint }: ControlPlaneOptions,
  closers: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<ControlPlane> {
  const { settings, storage, audit, auth, feed, files, sessionFiles } = core;
  const { app: log } = loggers;
  let stopping = false;
  const failed = (what: string) => (error: unknown) => log.error(what, { cause: String(error) });

  const backend = await openBackend(core);
  const { pool } = backend;
  closers.push(() => pool.close());
  const workersGoOn = pool.capabilities.has('outlives-close');
  const own = new OwnAddresses({
    onChange: () => {
      egress.ownChanged();
      traffic.ownChanged();
    },
    onUnknown: (host, error) =>
      log.error('agents are let out nowhere until this name of the control plane has an address', {
        host,
        cause: String(error),
        fix: 'make the name resolve on this server, or give the database or ADMIN_PUBLIC_URL by address',
      }),
  });
  closers.push(() => {
    own.close();
    return Promise.resolve();
  });
  const report = new EgressReport({
    audit,
    events: storage.events,
    feed,
    onFailure: failed('egress could not be written into the activity'),
  });
  const resolver = new SystemResolver({ threads: threadPoolSize(process.env) });
  const egress = new EgressGateway({
    resolver,
    config: (agentId) => services.configs.withoutSecrets(agentId),
    ownEndpoints: () => own.current,
    admitted: (agentId) => hub.admitted(agentId),
    onEgress: (agentId, event) => report.take(agentId, 'command', event),
    onFailure: failed('the network policy of an agent could not be read'),
  });
  const traffic = new TrafficRegistry({
    resolver,
    config: (agentId) => services.configs.effective(agentId, 'the broker'),
    ownEndpoints: () => own.current,
    onEgress: (agentId, purpose, event) => report.take(agentId, purpose, event),
    onFailure: failed('traffic did not close'),
  });
  closers.push(() => traffic.close());

  const joins = new JoinCredentials(storage);
  const intake = new EventIntake({ storage, feed, audit, files: sessionFiles });
  const hub: LinkHub = new LinkHub(
    storagePorts(
      {
        storage,
        intake,
        feed,
        audit,
        workerConfig: (agentId) => services.configs.workerConfig(agentId),
        removeJoinFile: (agentId) => launchPad.removeJoinFile(agentId),
        lifecycle: () => lifecycle,
        log: (message, detail) => log.warn(message, detail),
      },
      joins,
    ),
    workerPatience(pool.capabilities),
  );
  const launchPad = new AgentLaunchPad({
    settings,
    files,
    storage,
    hub,
    traffic,
    egress,
    joins,
    userOf: (agent) => workerUser(agent, storage, settings),
    log,
  });
  closers.push(
    () => launchPad.close({ keep: workersGoOn }),
    () => hub.close(),
  );
  const messages = new MessageService({
    storage,
    hub,
    feed,
    log: (message, cause) => failed(message)(cause),
  });
  const images = new WorkerImages(pool, backend.isCustomImage ?? ((): boolean => false));
  const lifecycle = new AgentLifecycle({
    storage,
    pool,
    images,
    hub,
    feed,
    messages,
    audit,
    launchPad,
    isolationOf: (agent) => services.isolationOf(agent),
    attest: backend.attest ?? attestNothing,
    mountedAt: backend.mountedAt,
    forget: backend.forget,
    workerEnv: { AGENT_LOG_LEVEL: settings.logLevel },
    unconfinedExec: unconfinedExec(settings, pool.kind),
    timing,
    ...(failpoint ? { failpoint } : {}),
    log: (level, message, detail) => log[level](message, detail),
  });
  closers.push(() => lifecycle.close());
  const live = { hub, lifecycle, pool, images, messages, backend };
  const services = createServices(
    core,
    () => live,
    (agentId) => {
      traffic.changed(agentId);
      egress.changed(agentId);
    },
    failed('files of an agent could not be written or removed'),
  );

  const drills = new DrillService({
    ...services,
    storage,
    files,
    audit,
    lifecycle,
    backend,
    reports: new DrillFiles(settings.adminDir, (file) =>
      log.error('a file is no report of a drill and is left out; remove it', { file }),
    ),
    confinesCommands: (agentId) => hub.session(agentId)?.confinesCommands ?? false,
    maxLevel: settings.maxLevel,
    runtimeDir: settings.runtimeDir,
    log: (message, detail) => log.error(message, detail),
  });
  // Before the workers are let go: the disposable one must not outlive its drill.
  closers.push(() => drills.close());

  const first = await ensureFirstUser(core);
  const secure = settings.publicUrl?.startsWith('https:') ?? false;
  const routes = allRoutes({ core, services, live: { ...live, drills }, secure, stopping: () => stopping });
  const onFailure = (error: ApiError, request: { method: string; path: string; requestId: string }): void => {
    log.error(`${request.method} ${request.path} failed`, {
      code: error.code,
      request: request.requestId,
      cause: error.cause instanceof Error ? String(error.cause) : error.message,
    });
  };
  const app = createPublicApp({
    routes,
    guardFor: guardFor(storage, publicCaller(auth), new DenialAudit(audit).note),
    sessions: core.endings,
    corsOrigins: settings.corsOrigins,
    trustProxy: settings.trustProxy,
    secure,
    onFailure,
    dashboard: dashboard === undefined ? undefined : await DashboardFiles.read(dashboard),
  });
  const http = createStoppableServer(app);
  http.headersTimeout = 10_000;
  http.requestTimeout = 30_000;
  http.keepAliveTimeout = 65_000;
  const fleet = new FleetFeed();
  await services.refusals.open();
  await fleet.open(storage, feed);
  await lifecycle.recover();
  await drills.recover();
  await listen(http, settings.port, settings.host);
  const { port } = http.address() as AddressInfo;
  const url =
    settings.publicUrl ?? `http://${settings.host === '127.0.0.1' ? 'localhost' : settings.host}:${port}`;
  const io = attachUiSocket(http, {
    auth,
    endings: core.endings,
    storage,
    feed,
    fleet,
    agents: services.agents,
    addressOf: clientAddress(app),
    origins: () => [new URL(url).origin, `http://127.0.0.1:${port}`, ...settings.corsOrigins],
  });
  closers.push(() => closeHttp(http, io, core.endings));
  await own.open(ownEndpoints(settings, port));

  const admin = createAdminServer(core, routes, onFailure);
  await listenOnUnixSocket(admin, join(settings.adminDir, ADMIN_SOCKET));
  closers.push(() => stopServer(admin));

  const origin = await demoOrigin(core, url);
  closers.push(() => origin.close());
  await provisionDemoAgent(
    { storage, files, configs: services.configs, audit, backend: pool.kind, maxLevel: settings.maxLevel },
    origin,
  );
  const ends = [
    startMaintenance(storage, failed('old records were not removed')),
    watchSessions(core.endings, auth, failed('open streams were not reviewed')),
  ];
  closers.push(() => {
    for (const end of ends) end();
    return Promise.resolve();
  });
  await lifecycle.resume();

  return {
    url,
    backend,
    firstUser: first.displayName,
    setupLink: first.passwordHash === null ? `${url}/claim#${await core.setup.issue(first.id)}` : undefined,
    close: async () => {
      stopping = true;
      await closeAll();
    },
  };
}

async function demoOrigin({ storage }: Core, url: string): Promise<DemoOrigin> {
  const wanted = Number(await storage.settings.get(DEMO_PORT_SETTING));
  const origin = await startDemoOrigin(url, Number.isInteger(wanted) && wanted > 0 ? wanted : undefined);
  await storage.settings.set(DEMO_PORT_SETTING, String(origin.port));
  return origin;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeHttp(http: Server, io: SocketServer, endings: SessionEndings): Promise<void> {
  io.of('/ui').emit('bye', { code: LINK_CODES.retryLater, reason: 'The server stops.' });
  io.of('/ui').disconnectSockets(true);
  endings.endAll();
  const closed = stopServer(http);
  await io.close().catch(() => undefined);
  await closed;
}
