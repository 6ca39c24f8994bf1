import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openLoggers } from '../log/logger.js';
import { readSettings } from '../settings/index.js';
import { createAdminServer } from './admin-app.js';
import { ensureFirstUser } from './first-user.js';
import { createServices, openCore } from './core.js';
import { allRoutes } from './routes.js';
import { stopServer } from './stoppable-server.js';
import { listenOnUnixSocket } from './unix-listener.js';

/**
 * Opens the application in this process for one command, when no server runs: the same routes over a private socket, under
 * the single-writer lock, without workers. @throws SettingsError, StorageError
 */
export async function openOffline(flags: {
  readonly dataDir?: string;
}): Promise<{ socketPath: string; close(): Promise<void> }> {
  const settings = readSettings({ env: process.env, flags });
  const loggers = openLoggers({
    level: 'error',
    adminDir: settings.adminDir,
    production: false,
    silent: true,
  });
  const core = await openCore(settings, loggers);
  const closers: (() => Promise<unknown>)[] = [() => loggers.close(), () => core.close()];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const services = createServices(
      core,
      () => undefined,
      () => undefined,
      () => undefined,
    );
    await ensureFirstUser(core);
    const routes = allRoutes({ core, services, live: undefined, secure: false, stopping: () => false });
    const server = createAdminServer(core, routes, () => undefined);
    const directory = await mkdtemp(join(settings.adminDir, 'cli-'));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    const socketPath = join(directory, 's');
    await listenOnUnixSocket(server, socketPath);
    closers.push(() => stopServer(server));
    return { socketPath, close };
  } catch (error) {
    await close();
    throw error;
  }
}
