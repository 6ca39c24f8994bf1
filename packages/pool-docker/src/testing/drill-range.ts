import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { ISOLATION_LEVELS } from '@clawforce/pool-core';
import type { IsolationLevel, WorkerSpec } from '@clawforce/pool-core';
import { DRILL_PROBE_PATH } from '@clawforce/pool-core/drill';
import type { DrillFacts } from '@clawforce/pool-core/drill';
import type { DockerHarness } from './make-harness.js';

/** The surroundings of a drill: a neighbour with a secret, services of the host, the agent's own socket. */
export interface DrillRange {
  readonly facts: (level: IsolationLevel, memoryBytes: number) => DrillFacts;
  /** Listens on the link socket of a specification, as the control plane does. */
  readonly openSocket: (spec: WorkerSpec) => Promise<void>;
  readonly close: () => Promise<void>;
}

const listening = (
  server: Server,
  ...where: readonly [string] | readonly [number, string]
): Promise<Server> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    if (where.length === 1) server.listen(where[0], () => resolve(server));
    else server.listen(where[0], where[1], () => resolve(server));
  });

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Builds the surroundings in a harness's own directory. */
export async function makeDrillRange(harness: DockerHarness): Promise<DrillRange> {
  const neighbourDir = join(harness.root, 'agents', 'neighbour');
  const neighbourSocketDir = join(harness.root, 'run', 'neighbour');
  await mkdir(neighbourDir, { recursive: true });
  await mkdir(neighbourSocketDir, { recursive: true });
  await writeFile(join(neighbourDir, 'secret'), 'not yours');
  const servers = [
    await listening(createServer(), 0, '0.0.0.0'),
    await listening(createServer(), 0, '127.0.0.1'),
    await listening(createServer(), join(neighbourSocketDir, 'link.sock')),
  ];
  const [everywhere, loopback] = servers;
  return {
    facts: (level, memoryBytes) => ({
      level,
      memoryBytes,
      cpus: 1,
      pids: ISOLATION_LEVELS[level].pidsLimit,
      tmpBytes: 64 * 1024 ** 2,
      tmpInodes: 8192,
      probe: DRILL_PROBE_PATH,
      neighbourDir,
      neighbourSocketDir,
      hostPort: portOf(everywhere!),
      loopbackPort: portOf(loopback!),
    }),
    openSocket: async ({ socketDir }) => {
      const path = join(socketDir, 'link.sock');
      servers.push(await listening(createServer(), path));
      await chmod(path, 0o666);
    },
    close: async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
