import {
  detectHostPaths,
  DockerPool,
  type DockerPoolOptions,
  type HostPathMapping,
  type HostPaths,
  type PullProgress,
} from '@clawforce/pool-docker';
import { PoolError } from '@clawforce/pool-core';
import type { Settings } from '../settings/index.js';
import { VERSION } from '../version.js';
import type { Backend } from './backend.js';

/** The worker image of this version, where `AGENT_IMAGE` names no other. */
export const DEFAULT_IMAGE = `clawforce/worker:${VERSION}`;

/** Where the docker pool puts an agent's directories (ARCHITECTURE section 6). */
const MOUNTED_AT = { agentRoot: '/agent', socketDir: '/run/clawforce' } as const;

/** Images that `npm start` and the tests build from this repository. */
const BUILT_HERE = /^clawforce-worker:[0-9a-f]+$/;

/**
 * Gives the docker backend, once a throw-away container could read a file of this host and connect back through a
 * bind-mounted socket. @throws PoolError BACKEND_UNAVAILABLE, IMAGE_MISSING with the fix
 */
export async function openDockerBackend(
  settings: Settings,
  ownerId: string,
  say: (sentence: string) => void,
  onStep?: DockerPoolOptions['onStep'],
): Promise<Omit<Backend, 'selection'> & { readonly pool: DockerPool }> {
  const name = settings.docker.image ?? DEFAULT_IMAGE;
  const { pool, host } = await createDockerPool(settings, ownerId, say, onStep);
  try {
    const probe = await pool.probe();
    if (!probe.available) {
      throw new PoolError(
        'BACKEND_UNAVAILABLE',
        `The docker backend cannot be used: ${probe.reason ?? ''}.`,
        {
          fix: 'Start the engine, or set DOCKER_HOST; ADMIN_RUNTIME_BACKEND=process runs without isolation, for development.',
        },
      );
    }
    await pool.prove();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    pool,
    host,
    attest: (spec) => pool.attest(spec),
    mountedAt: MOUNTED_AT,
    forget: (agentId) => pool.forget(agentId),
    image: { name, custom: isCustomImage(name) },
    isCustomImage,
  };
}

/** Images of a release, this one or an earlier one. */
const RELEASED = /^clawforce\/worker:\d+\.\d+\.\d+$/;

/** What is in such an image is the operator's word. */
const isCustomImage = (name: string): boolean =>
  name !== DEFAULT_IMAGE && !BUILT_HERE.test(name) && !RELEASED.test(name);

/** Gives the pool without asking anything of the engine but this process's own container. */
export async function createDockerPool(
  { docker, storageRoot, runtimeDir }: Settings,
  ownerId: string,
  say: (sentence: string) => void,
  onStep?: DockerPoolOptions['onStep'],
): Promise<{ readonly pool: DockerPool; readonly host: HostPaths }> {
  const engine = docker.engine === undefined ? {} : { engine: docker.engine };
  const host = await detectHostPaths({
    ...engine,
    mappings: givenMappings(docker, storageRoot, runtimeDir),
  });
  const pool = new DockerPool({
    ...engine,
    image: docker.image ?? DEFAULT_IMAGE,
    // Only a name that the operator wrote may come from a registry: whoever owns ours there would be every worker.
    pull: docker.image === undefined ? 'never' : 'missing',
    ownerId,
    hostPathOf: host.hostPathOf,
    proofDir: runtimeDir,
    onPull: pullTeller(say),
    ...(onStep ? { onStep } : {}),
  });
  return { pool, host };
}

function givenMappings(
  { storageHostPath, runtimeHostPath }: Settings['docker'],
  storageRoot: string,
  runtimeDir: string,
): HostPathMapping[] {
  return [
    ...(storageHostPath === undefined ? [] : [{ from: storageRoot, to: storageHostPath }]),
    ...(runtimeHostPath === undefined ? [] : [{ from: runtimeDir, to: runtimeHostPath }]),
  ];
}

/** Says how a pull goes on, once for each new word of the engine about a layer. */
function pullTeller(say: (sentence: string) => void): (progress: PullProgress) => void {
  const said = new Map<string, string>();
  return ({ image, status, layer = '' }) => {
    if (said.get(layer) === status) return;
    said.set(layer, status);
    say(`${image}: ${layer === '' ? '' : `${layer} `}${status}`);
  };
}
