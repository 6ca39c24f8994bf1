import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import type { DrillFacts } from '@clawforce/pool-core/drill';
import type { HostPaths } from '@clawforce/pool-docker';

/** What a hijacked worker would be after, made for one drill: a neighbour with a secret, and services of this host. */
export interface DrillRange {
  readonly facts: Pick<DrillFacts, 'neighbourDir' | 'neighbourSocketDir' | 'hostPort' | 'loopbackPort'>;
  close(): Promise<void>;
}

const PREFIX = 'drill-';
/** As `mkdtemp` ends a name. */
const LEFT = new RegExp(`^${PREFIX}[A-Za-z0-9]{6}$`);

/** Removes what drills left below `runtimeDir` whose server was killed; called while no drill runs. */
export async function removeDrillRanges(runtimeDir: string): Promise<void> {
  for (const name of await readdir(runtimeDir)) {
    if (LEFT.test(name)) await rm(join(runtimeDir, name), { recursive: true, force: true });
  }
}

const ON_THE_HOST: HostPaths = { container: undefined, mappings: [], hostPathOf: (path) => path };

/**
 * Makes it below `runtimeDir`, which is private and short enough for a socket. The services close every connection. Paths are
 * told as they are called on the `host`; from inside a container no service of the host can be made, so that its cases are
 * not tried and say so.
 */
export async function openDrillRange(
  runtimeDir: string,
  { container, mappings, hostPathOf } = ON_THE_HOST,
): Promise<DrillRange> {
  const root = await mkdtemp(join(runtimeDir, PREFIX));
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(root, { recursive: true, force: true });
  };
  const open = async (...where: [string] | [number, string]): Promise<Server> => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (where.length === 1) server.listen(where[0], () => resolve());
      else server.listen(where[0], where[1], () => resolve());
    });
    return server;
  };
  try {
    const neighbourDir = join(root, 'agent');
    const neighbourSocketDir = join(root, 'run');
    await mkdir(neighbourDir);
    await mkdir(neighbourSocketDir);
    await writeFile(join(neighbourDir, 'secret'), 'not yours');
    await open(join(neighbourSocketDir, 'link.sock'));
    const neighbour = {
      neighbourDir: hostPathOf(neighbourDir),
      neighbourSocketDir: hostPathOf(neighbourSocketDir),
    };
    // Paths that the operator translates are those of a container too, also where its engine does not know it.
    if (container !== undefined || mappings.length > 0) return { facts: neighbour, close };
    const portOf = (server: Server): number => (server.address() as AddressInfo).port;
    const hostPort = portOf(await open(0, '0.0.0.0'));
    const loopbackPort = portOf(await open(0, '127.0.0.1'));
    return { facts: { ...neighbour, hostPort, loopbackPort }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
