import { PoolError } from '@clawforce/pool-core';

/** Where a Docker engine listens on this host. */
export interface EngineEndpoint {
  readonly socketPath: string;
}

/** The socket of an engine that was installed the usual way. */
export const DEFAULT_ENGINE = 'unix:///var/run/docker.sock';

/**
 * Reads an engine setting as `DOCKER_HOST` spells it. Only engines that share this host's file system are served, so
 * anything but a unix socket is refused by name.
 *
 * @throws PoolError `BACKEND_UNAVAILABLE` naming the setting and the fix.
 */
export function parseEngine(setting: string = DEFAULT_ENGINE): EngineEndpoint {
  const path = setting.startsWith('unix://') ? setting.slice('unix://'.length) : setting;
  if (path.startsWith('/') && !path.includes('\0')) return { socketPath: path };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(setting)?.[1]?.toLowerCase();
  const remote = scheme === 'tcp' || scheme === 'ssh' || scheme === 'http' || scheme === 'https';
  throw new PoolError(
    'BACKEND_UNAVAILABLE',
    remote
      ? `engine ${scheme}: an engine on another machine does not share this host's file system and is not served`
      : 'engine: expected unix:///path/to/docker.sock',
    { key: 'DOCKER_HOST', fix: `set DOCKER_HOST=${DEFAULT_ENGINE}` },
  );
}
