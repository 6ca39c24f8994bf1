import { setTimeout as sleep } from 'node:timers/promises';
import { EventHub, readLabels, WORKER_LABELS } from '@clawforce/pool-core';
import type { PoolEvent, WorkerExit, WorkerRef } from '@clawforce/pool-core';
import { exitOf, stateOf } from './container-inspection.js';
import type { GetEventsOptions } from 'dockerode';
import type { Containers } from './containers.js';
import type { Engine } from './engine.js';
import { Turns } from './turns.js';
import type { WorkerMemory } from './worker-memory.js';

/** The kernel kills first and the engine tells the death a moment later: so long is waited for it. */
const OOM_SETTLE_MS = 1_500;
/** An engine that shuts down ends its workers first and its connections about a second later (measured). */
const SHUTDOWN_SETTLE_MS = 2_500;
/** How a worker ends that was asked or killed, by whomever: 0, SIGKILL, SIGTERM. */
const MAYBE_ENGINE: ReadonlySet<string> = new Set(['0', '137', '143']);
const RECONNECT_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const;

interface EngineMessage {
  readonly Action?: string;
  readonly id?: string;
  readonly timeNano?: number;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/** What {@link WorkerEvents} works with. */
export interface WorkerEventsParts {
  readonly engine: Engine;
  readonly containers: Containers;
  readonly memory: WorkerMemory;
  readonly ownerId: string;
}

/** Follows the engine's events of one owner's workers, over restarts of the engine. */
export class WorkerEvents {
  readonly hub = new EventHub();
  readonly #parts: WorkerEventsParts;
  readonly #controller = new AbortController();
  /** Workers that were seen running, by engine id. */
  readonly #running = new Map<string, WorkerRef>();
  readonly #starving = new Map<string, NodeJS.Timeout>();
  /** What is told of one worker is told in order. */
  readonly #work = new Turns();
  #broken = new AbortController();
  #following: Promise<void> | undefined;
  /** Seconds with a fraction, as the engine wants them. */
  #since: string | undefined;

  constructor(parts: WorkerEventsParts) {
    this.#parts = parts;
  }

  /** Starts to follow; later calls change nothing. Nothing that happens after the call is missed. */
  follow(since?: string): void {
    this.#since ??= ((since === undefined ? Date.now() : Date.parse(since)) / 1_000).toFixed(3);
    this.#following ??= this.#keepFollowing();
  }

  /** Stops to follow and ends every listener. */
  async close(): Promise<void> {
    this.#controller.abort();
    for (const timer of this.#starving.values()) clearTimeout(timer);
    await this.#following;
    await this.#work.settled();
    this.hub.close();
  }

  async #keepFollowing(): Promise<void> {
    const { signal } = this.#controller;
    const closed = (): boolean => signal.aborted;
    let failures = 0;
    while (!closed()) {
      try {
        await this.#follow(() => (failures = 0));
      } catch {
        // Whatever it was: the engine is asked again until the pool is closed.
      }
      this.#broken.abort();
      if (closed()) return;
      for (const engineId of this.#running.keys()) this.#parts.memory.note(engineId, { engineLost: true });
      const pause = RECONNECT_MS[Math.min(failures, RECONNECT_MS.length - 1)] ?? 5_000;
      failures += 1;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #follow(connected: () => void): Promise<void> {
    const { engine, ownerId } = this.#parts;
    const { signal } = this.#controller;
    const filters = JSON.stringify({
      type: ['container'],
      event: ['start', 'die', 'oom'],
      label: [`${WORKER_LABELS.owner}=${ownerId}`],
    });
    const stream = await engine.follow((docker) =>
      // The engine takes a time with a fraction and the client an abort signal; the types know neither.
      docker.getEvents({ filters, since: this.#since, abortSignal: signal } as GetEventsOptions),
    );
    connected();
    this.#broken = new AbortController();
    // What ended while nobody listened is found by looking.
    await this.#catchUp();
    let rest = '';
    for await (const chunk of stream) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.#take(JSON.parse(line) as EngineMessage);
    }
  }

  async #catchUp(): Promise<void> {
    const found = await this.#parts.containers.list();
    const running = new Set(
      found.filter(({ state }) => state === 'running' || state === 'paused').map(({ engineId }) => engineId),
    );
    for (const [engineId, ref] of this.#running) {
      if (running.has(engineId)) this.#parts.memory.note(engineId, { engineLost: false });
      else await this.#exited(ref, engineId, new Date().toISOString(), undefined);
    }
    for (const worker of found) if (running.has(worker.engineId)) this.#running.set(worker.engineId, worker);
  }

  #take(message: EngineMessage): void {
    const attributes = message.Actor?.Attributes ?? {};
    const worker = readLabels(this.#parts.ownerId, attributes);
    const engineId = message.id;
    if (!worker || engineId === undefined || message.timeNano === undefined) return;
    const seconds = message.timeNano / 1e9;
    this.#since = seconds.toFixed(9);
    const time = new Date(seconds * 1_000).toISOString();
    // One after the other: the death of a worker must not overtake what was told of it before.
    void this.#work.take(engineId, () =>
      this.#tell(message.Action ?? '', worker, engineId, time, attributes),
    );
  }

  async #tell(
    action: string,
    worker: WorkerRef,
    engineId: string,
    time: string,
    attributes: Readonly<Record<string, string>>,
  ): Promise<void> {
    const ref = { agentId: worker.agentId, generation: worker.generation };
    const { memory } = this.#parts;
    if (action === 'start' && memory.of(engineId).startTold !== true) {
      memory.note(engineId, { startTold: true });
      this.#running.set(engineId, ref);
      this.hub.emit({ kind: 'started', ...ref, time, engineId });
    }
    if (action === 'oom' && !this.#starving.has(engineId)) {
      const settle = (): void => this.#outOfMemory(ref, engineId, time, 'tool');
      this.#starving.set(engineId, setTimeout(settle, OOM_SETTLE_MS).unref());
    }
    if (action === 'die') {
      if (this.#starving.has(engineId)) {
        this.#outOfMemory(ref, engineId, time, attributes['exitCode'] === '137' ? 'worker' : 'tool');
      }
      await this.#blameEngine(engineId, attributes['exitCode'] ?? '');
      await this.#exited(ref, engineId, time, attributes['exitCode']);
    }
  }

  /** Notes that the engine is the cause when it is about to go away itself. */
  async #blameEngine(engineId: string, code: string): Promise<void> {
    const { memory } = this.#parts;
    if (!MAYBE_ENGINE.has(code) || memory.of(engineId).stopReason !== undefined) return;
    const { signal } = this.#broken;
    await sleep(SHUTDOWN_SETTLE_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted && !this.#controller.signal.aborted) memory.note(engineId, { engineLost: true });
  }

  #outOfMemory(ref: WorkerRef, engineId: string, time: string, victim: 'tool' | 'worker'): void {
    clearTimeout(this.#starving.get(engineId));
    this.#starving.delete(engineId);
    this.#parts.memory.note(engineId, { toolOom: victim === 'tool' });
    this.hub.emit({ kind: 'oom', ...ref, time, victim });
  }

  async #exited(ref: WorkerRef, engineId: string, time: string, code: string | undefined): Promise<void> {
    const { memory } = this.#parts;
    this.#running.delete(engineId);
    if (memory.of(engineId).exitTold === true) return;
    memory.note(engineId, { exitTold: true });
    const exit = await this.#exit(engineId, code);
    const event: PoolEvent = { kind: 'exited', agentId: ref.agentId, generation: ref.generation, time, exit };
    this.hub.emit(event);
  }

  async #exit(engineId: string, code: string | undefined): Promise<WorkerExit> {
    const { containers, memory } = this.#parts;
    const found = await containers.inspect(engineId).catch(() => undefined);
    if (found && stateOf(found) === 'exited') return exitOf(found, memory.of(engineId));
    const { stopReason, diskStopped, engineLost } = memory.of(engineId);
    // Without a record: removed already, or nobody answers.
    const fate = engineLost ? 'ended when the Docker engine went away' : 'its container was removed';
    const why = stopReason === undefined ? fate : `stopped on request (${stopReason})`;
    const number = code === undefined ? null : Number(code);
    const reason = `${why}${number === null ? '' : `, exit code ${number}`}`;
    return { code: number, signal: null, reason, ...(diskStopped ? { cause: 'disk' } : {}) };
  }
}
