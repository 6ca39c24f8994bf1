import { PoolError } from '@clawforce/pool-core';
import type { PoolEvent, WorkerRef } from '@clawforce/pool-core';
import type { ContainerInspectOptions } from 'dockerode';
import type { Containers, WorkerContainer } from './containers.js';
import { AGENT_ROOT_LABEL, DISK_LABEL } from './container-plan.js';
import { diskUsage } from './disk-usage.js';
import type { DiskUse } from './disk-usage.js';
import type { Engine } from './engine.js';
import { readStats } from './container-stats.js';
import { containerProcesses, unlinkedUsage } from './unlinked-usage.js';
import type { UnlinkedUse } from './unlinked-usage.js';
import type { WorkerMemory } from './worker-memory.js';
import { writableDirectories } from './worker-mounts.js';

/** From this share of the quota on a worker is warned about. */
const WARN_SHARE = 0.8;
/** After so many looks in a row that did not see everything, a worker is stopped. */
const UNCLEAR_LOOKS = 3;

/** What {@link WorkerWatch} works with. */
export interface WorkerWatchParts {
  readonly engine: Engine;
  readonly containers: Containers;
  readonly memory: WorkerMemory;
  readonly intervalMs: number;
  readonly emit: (event: PoolEvent) => void;
  readonly stop: (ref: WorkerRef, reason: string) => Promise<unknown>;
}

/** A running worker with a quota. */
interface WatchedWorker {
  readonly ref: WorkerRef;
  readonly engineId: string;
  /** As far as this process sees them. */
  readonly processes: readonly string[];
  readonly root: string;
  readonly quotaBytes: number;
}

interface Measured {
  readonly usedBytes: number;
  readonly unclear?: string;
}

/** Looks at running workers from time to time: disk use against the quota, processes against the limit. */
export class WorkerWatch {
  readonly #parts: WorkerWatchParts;
  readonly #warned = new Set<string>();
  /** Looks in a row that did not see everything, by engine id. */
  readonly #unclear = new Map<string, number>();
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;

  constructor(parts: WorkerWatchParts) {
    this.#parts = parts;
  }

  /** Starts to look; later calls change nothing. */
  start(): void {
    if (this.#controller.signal.aborted) return;
    this.#timer ??= setInterval(() => {
      // A look that takes longer than the interval is not overtaken by the next one.
      this.#round ??= this.#lookAround()
        .catch(() => undefined)
        .finally(() => (this.#round = undefined));
    }, this.#parts.intervalMs).unref();
  }

  /** Stops to look. */
  async close(): Promise<void> {
    this.#controller.abort();
    clearInterval(this.#timer);
    await this.#round;
  }

  async #lookAround(): Promise<void> {
    const containers = await this.#parts.containers.list();
    const processes = await containerProcesses();
    for (const container of containers) {
      if (this.#controller.signal.aborted) return;
      // One that vanishes or cannot be looked at must not hide what the others do.
      if (container.state === 'running')
        await this.#look(container, processes.get(container.engineId) ?? []).catch(() => undefined);
    }
    const there = new Set(containers.map(({ engineId }) => engineId));
    for (const engineId of this.#warned) if (!there.has(engineId)) this.#warned.delete(engineId);
    for (const engineId of this.#unclear.keys()) if (!there.has(engineId)) this.#unclear.delete(engineId);
  }

  async #look(
    { engineId, labels, agentId, generation }: WorkerContainer,
    processes: readonly string[],
  ): Promise<void> {
    const stats = await readStats(this.#parts.engine, engineId).catch(() => undefined);
    if (stats?.pidsLimit !== undefined) {
      this.#parts.memory.note(engineId, { pidsAtLimit: stats.pids >= stats.pidsLimit });
    }
    const quotaBytes = Number(labels[DISK_LABEL] ?? '');
    const root = labels[AGENT_ROOT_LABEL];
    if (!(quotaBytes > 0) || root === undefined) return;
    await this.#disk({ ref: { agentId, generation }, engineId, processes, root, quotaBytes });
  }

  async #disk(worker: WatchedWorker): Promise<void> {
    const { engineId, quotaBytes } = worker;
    const { usedBytes, unclear } = await this.#measure(worker);
    const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
    if (usedBytes > quotaBytes) {
      const reason = `disk quota exceeded: ${mib(usedBytes)} of ${mib(quotaBytes)}`;
      await this.#stop(worker, usedBytes, reason);
    } else if (unclear !== undefined) {
      const looks = (this.#unclear.get(engineId) ?? 0) + 1;
      this.#unclear.set(engineId, looks);
      // What cannot be measured cannot be held to its quota. A program may close a directory for a moment, though.
      if (looks >= UNCLEAR_LOOKS)
        await this.#stop(worker, usedBytes, `disk use cannot be measured: ${unclear}`);
    } else {
      this.#unclear.delete(engineId);
      this.#warn(worker, usedBytes);
    }
  }

  /** Gives the bytes that were found, and why there may be more. */
  async #measure({ engineId, processes, root }: WatchedWorker): Promise<Measured> {
    const directories = writableDirectories(root);
    let onHost: DiskUse;
    let open: UnlinkedUse;
    try {
      onHost = await diskUsage(directories, this.#controller.signal);
      open = await unlinkedUsage({ engineId, processes }, directories);
    } catch (error) {
      this.#controller.signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      const unclear =
        error instanceof PoolError ? error.message : `the files of the agent: ${code ?? 'unknown'}`;
      return { usedBytes: 0, unclear };
    }
    const usedBytes = onHost.bytes + open.bytes + (await this.#layer(engineId));
    if (onHost.closed > 0) return { usedBytes, unclear: 'a directory is closed to the control plane' };
    if (open.hidden) return { usedBytes, unclear: 'a process hides what it has open' };
    return { usedBytes };
  }

  #warn(worker: WatchedWorker, usedBytes: number): void {
    const { engineId, quotaBytes } = worker;
    if (usedBytes <= quotaBytes * WARN_SHARE) {
      this.#warned.delete(engineId);
      return;
    }
    if (!this.#warned.has(engineId)) this.#tell(worker, usedBytes, 'warned');
    this.#warned.add(engineId);
  }

  async #stop(worker: WatchedWorker, usedBytes: number, reason: string): Promise<void> {
    this.#parts.memory.note(worker.engineId, { diskStopped: true });
    this.#tell(worker, usedBytes, 'stopped', reason);
    await this.#parts.stop(worker.ref, reason);
  }

  #tell(
    { ref, quotaBytes }: WatchedWorker,
    usedBytes: number,
    action: 'warned' | 'stopped',
    reason?: string,
  ): void {
    const time = new Date().toISOString();
    const why = reason === undefined ? {} : { reason };
    this.#parts.emit({ kind: 'disk', ...ref, time, usedBytes, quotaBytes, action, ...why });
  }

  /** Bytes that the container wrote outside of its mounts. */
  async #layer(engineId: string): Promise<number> {
    const found = await this.#parts.engine.ask(
      (docker) =>
        docker.getContainer(engineId).inspect({ size: true } as ContainerInspectOptions) as Promise<{
          SizeRw?: number;
        }>,
    );
    return found.SizeRw ?? 0;
  }
}
