import { PoolError } from '@clawforce/pool-core';
import type { PoolEvent, WorkerRef } from '@clawforce/pool-core';
import type { ContainerInspectOptions } from 'dockerode';
import type { Containers, WorkerContainer } from './containers.js';
import { AGENT_ROOT_LABEL, DISK_LABEL } from './container-plan.js';
import { diskUsage } from './disk-usage.js';
import type { Engine } from './engine.js';
import { readStats } from './container-stats.js';
import type { WorkerMemory } from './worker-memory.js';
import { writableDirectories } from './worker-mounts.js';

/** From this share of the quota on a worker is warned about. */
const WARN_SHARE = 0.8;

/** What {@link WorkerWatch} works with. */
export interface WorkerWatchParts {
  readonly engine: Engine;
  readonly containers: Containers;
  readonly memory: WorkerMemory;
  readonly intervalMs: number;
  readonly emit: (event: PoolEvent) => void;
  readonly stop: (ref: WorkerRef, reason: string) => Promise<unknown>;
}

/** Looks at running workers from time to time: disk use against the quota, processes against the limit. */
export class WorkerWatch {
  readonly #parts: WorkerWatchParts;
  readonly #warned = new Set<string>();
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
    for (const container of containers) {
      if (this.#controller.signal.aborted) return;
      // One that vanishes or cannot be looked at must not hide what the others do.
      if (container.state === 'running') await this.#look(container).catch(() => undefined);
    }
    const there = new Set(containers.map(({ engineId }) => engineId));
    for (const engineId of this.#warned) if (!there.has(engineId)) this.#warned.delete(engineId);
  }

  async #look({ engineId, labels, agentId, generation }: WorkerContainer): Promise<void> {
    const stats = await readStats(this.#parts.engine, engineId).catch(() => undefined);
    if (stats?.pidsLimit !== undefined) {
      this.#parts.memory.note(engineId, { pidsAtLimit: stats.pids >= stats.pidsLimit });
    }
    const quota = Number(labels[DISK_LABEL] ?? '');
    const root = labels[AGENT_ROOT_LABEL];
    if (quota > 0 && root !== undefined) await this.#disk({ agentId, generation }, engineId, root, quota);
  }

  async #disk(ref: WorkerRef, engineId: string, root: string, quotaBytes: number): Promise<void> {
    let onHost: number;
    try {
      onHost = await diskUsage(writableDirectories(root), this.#controller.signal);
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      // What cannot be measured cannot be held to its quota.
      this.#parts.memory.note(engineId, { diskStopped: true });
      await this.#parts.stop(ref, `disk use cannot be measured: ${error.message}`);
      return;
    }
    const usedBytes = onHost + (await this.#layer(engineId));
    const event = (action: 'warned' | 'stopped'): PoolEvent => ({
      kind: 'disk',
      ...ref,
      time: new Date().toISOString(),
      usedBytes,
      quotaBytes,
      action,
    });
    if (usedBytes > quotaBytes) {
      this.#parts.memory.note(engineId, { diskStopped: true });
      this.#parts.emit(event('stopped'));
      const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
      await this.#parts.stop(ref, `disk quota exceeded: ${mib(usedBytes)} of ${mib(quotaBytes)}`);
    } else if (usedBytes > quotaBytes * WARN_SHARE) {
      if (!this.#warned.has(engineId)) this.#parts.emit(event('warned'));
      this.#warned.add(engineId);
    } else {
      this.#warned.delete(engineId);
    }
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
