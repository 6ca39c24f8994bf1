import { readFile } from 'node:fs/promises';
import { Engine, statusOf } from './engine.js';
import { parseEngine } from './engine-endpoint.js';
import { hostPathMapper } from './host-path.js';
import type { HostPathMapping } from './host-path.js';

/** What {@link detectHostPaths} found. */
export interface HostPaths {
  /** Id of the container that this process runs in; `undefined` on the host itself. */
  readonly container: string | undefined;
  /** The volumes of that container. */
  readonly mappings: readonly HostPathMapping[];
  /** From a path of this process to a path of the engine's host. */
  readonly hostPathOf: (path: string) => string;
}

/** How {@link detectHostPaths} looks. */
export interface DetectHostPathsOptions {
  /** As `DOCKER_HOST` spells it. */
  readonly engine?: string;
  /** What the operator says (`AGENT_STORAGE_HOST_PATH`, `AGENT_RUNTIME_HOST_PATH`); wins over what is found. */
  readonly mappings?: readonly HostPathMapping[];
  /** Default `/proc/self/mountinfo`. */
  readonly mountinfo?: string;
}

/** Gives the container ids that a mount table mentions: the engine mounts `hostname` and `hosts` from below them. */
export function containerIdsIn(mountinfo: string): readonly string[] {
  const found = [...mountinfo.matchAll(/\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf)\b/g)];
  return [...new Set(found.flatMap((match) => match[1] ?? []))];
}

/**
 * Finds out whether this process runs in a container of the engine and what its volumes are called on the host, so
 * that workers can be given the same directories.
 *
 * @throws PoolError `BACKEND_UNAVAILABLE` when the engine does not answer.
 */
export async function detectHostPaths(options: DetectHostPathsOptions = {}): Promise<HostPaths> {
  const given = options.mappings ?? [];
  const table = await readFile(options.mountinfo ?? '/proc/self/mountinfo', 'utf8').catch(() => '');
  const engine = new Engine(parseEngine(options.engine), 15_000);
  for (const id of containerIdsIn(table)) {
    const found = await engine
      .ask((docker) => docker.getContainer(id).inspect())
      .catch((error: unknown) => {
        if (statusOf(error) === 404) return undefined;
        throw error;
      });
    if (!found) continue;
    const volumes = found.Mounts.filter(({ Type }) => Type === 'bind' || Type === 'volume');
    const mappings = [
      ...given,
      ...volumes
        .map(({ Destination, Source }) => ({ from: Destination, to: Source }))
        .filter(({ from }) => !given.some((mapping) => mapping.from === from)),
    ];
    return { container: id, mappings, hostPathOf: hostPathMapper(mappings) };
  }
  if (given.length > 0) return { container: undefined, mappings: given, hostPathOf: hostPathMapper(given) };
  return { container: undefined, mappings: [], hostPathOf: (path) => path };
}
