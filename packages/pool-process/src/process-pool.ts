import { stat } from 'node:fs/promises';
import { checkSpec, EventHub, PoolError, specHash } from '@clawforce/pool-core';
import type {
  AgentPool,
  IsolationProbe,
  LogLine,
  LogOptions,
  PoolCapability,
  PoolEvent,
  PoolProbe,
  StopReport,
  WorkerExit,
  WorkerHandle,
  WorkerInspection,
  WorkerRef,
  WorkerSpec,
  WorkerStats,
} from '@clawforce/pool-core';
import { checkOptions } from './options.js';
import type { CheckedOptions, ProcessPoolOptions } from './options.js';
import { prepareStateDir, removeRecord, writeRecord } from './orphan-record.js';
import { describeProbe, LEVEL, refuseUnsupported } from './probe.js';
import { measureTree } from './process-stats.js';
import { bootId, identify, readProcessTable } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { treeMembers } from './process-tree.js';
import { sweepOrphans } from './sweep-orphans.js';
import type { SweptOrphan } from './sweep-orphans.js';
import { WorkerProcess } from './worker-process.js';

/**
 * Runs workers as processes of this host, for development. It isolates nothing: every worker is reported with
 * `attested: 'none'`, and what it cannot enforce it refuses (ARCHITECTURE section 6).
 */
export class ProcessPool implements AgentPool {
  readonly kind = 'process';
  readonly capabilities: ReadonlySet<PoolCapability> = new Set<PoolCapability>(
    process.platform === 'linux' ? ['stats'] : [],
  );
  readonly #options: CheckedOptions;
  readonly #workers = new Map<string, WorkerProcess>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #events = new EventHub();
  #keeper: ProcessIdentity | undefined;
  #watch: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @throws TypeError naming a bad option.
   * @throws PoolError `BACKEND_UNAVAILABLE` in production, on Windows, and when `stateDir` is not private.
   */
  constructor(options: ProcessPoolOptions) {
    this.#options = checkOptions(options);
    if (this.#options.env === 'production') {
      throw new PoolError('BACKEND_UNAVAILABLE', 'the process pool isolates nothing and refuses production', {
        key: 'CLAWFORCE_ENV',
        fix: 'use the docker backend, or set CLAWFORCE_ENV=development',
      });
    }
    if (process.platform === 'win32') {
      throw new PoolError('BACKEND_UNAVAILABLE', 'the process pool needs POSIX process groups', {
        fix: 'run Clawforce inside WSL2',
      });
    }
    if (this.#options.stateDir !== undefined) prepareStateDir(this.#options.stateDir);
  }

  /** Says what this pool enforces on this host, and at length what it does not. */
  probe(): Promise<PoolProbe> {
    return Promise.resolve(describeProbe(this.#options.stateDir !== undefined));
  }

  /** {@inheritDoc AgentPool.start} */
  async start(spec: WorkerSpec): Promise<WorkerHandle> {
    checkSpec(spec);
    this.#refuseClosed();
    refuseUnsupported(spec);
    return this.#inTurn(spec.agentId, () => this.#start(spec));
  }

  /** {@inheritDoc AgentPool.stop} */
  async stop(
    ref: WorkerRef,
    { graceMs, reason }: { readonly graceMs: number; readonly reason: string },
  ): Promise<StopReport> {
    if (!Number.isFinite(graceMs) || graceMs < 0) throw new TypeError('graceMs: expected 0 or more');
    const worker = this.#find(ref);
    if (worker) return worker.stop(graceMs, reason);
    return { agentId: ref.agentId, generation: ref.generation, outcome: 'absent', tookMs: 0 };
  }

  /** {@inheritDoc AgentPool.inspect} */
  inspect(agentId: string): Promise<WorkerInspection | undefined> {
    const worker = this.#workers.get(agentId);
    return Promise.resolve(worker && inspection(worker));
  }

  /** {@inheritDoc AgentPool.list} */
  list(): Promise<WorkerInspection[]> {
    return Promise.resolve([...this.#workers.values()].map(inspection));
  }

  /** Always `unsupported`: there is no isolation to look at from inside. */
  probeInside(_ref: WorkerRef): Promise<IsolationProbe> {
    return Promise.resolve({
      outcome: 'unsupported',
      reason: 'a process worker runs without isolation of its own, so there is nothing to probe',
    });
  }

  /** {@inheritDoc AgentPool.logs} */
  async *logs(ref: WorkerRef, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const worker = this.#find(ref);
    if (!worker) {
      throw new PoolError(
        'NOT_FOUND',
        `no worker ${ref.agentId}, generation ${ref.generation}, is known here`,
      );
    }
    yield* worker.output.ring.read(options);
  }

  /** {@inheritDoc AgentPool.stats} */
  async stats(ref: WorkerRef): Promise<WorkerStats | undefined> {
    const worker = this.#find(ref);
    if (!worker?.identity || worker.exit || !this.capabilities.has('stats')) return undefined;
    return measureTree(treeMembers(await readProcessTable(), worker.identity, worker.escaped));
  }

  /** {@inheritDoc AgentPool.events} */
  events({
    signal,
    since,
  }: {
    readonly signal: AbortSignal;
    readonly since?: string;
  }): AsyncIterable<PoolEvent> {
    return this.#events.listen(signal, since);
  }

  /**
   * Kills the workers that an earlier control plane of the same owner left behind; call it before the first start.
   * Without `stateDir` there is nothing to go by and the answer is empty.
   */
  async sweepOrphans(): Promise<readonly SweptOrphan[]> {
    const { stateDir, ownerId } = this.#options;
    return stateDir === undefined ? [] : sweepOrphans(stateDir, ownerId);
  }

  /** Ends every worker, with `closeGraceMs` of grace, and refuses later starts. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#turns.values());
    const grace = this.#options.closeGraceMs;
    const stops = [...this.#workers.values()].map((worker) => worker.stop(grace, 'the control plane stops'));
    const results = await Promise.allSettled(stops);
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#events.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #start(spec: WorkerSpec): Promise<WorkerHandle> {
    const hash = specHash(spec);
    const current = this.#workers.get(spec.agentId);
    if (current) {
      const known = current.spec.generation;
      if (known === spec.generation && current.specHash !== hash) {
        throw new PoolError(
          'SPEC_INVALID',
          `generation ${known} of ${spec.agentId} runs another specification`,
          {
            key: 'generation',
            fix: 'raise the generation for every start',
          },
        );
      }
      if (known === spec.generation && !current.exit) return current.handle;
      if (known >= spec.generation) {
        throw new PoolError(
          'GENERATION_STALE',
          `generation ${spec.generation} of ${spec.agentId} ${known === spec.generation ? 'has ended' : `is older than ${known}`}`,
          { key: 'generation', fix: 'raise the generation for every start' },
        );
      }
      // Also when it has ended: what survived its kill must be dead, or the agent would run twice.
      await current.stop(0, `replaced by generation ${spec.generation}`);
    }
    const directory = await stat(spec.agentRoot).catch(() => undefined);
    if (!directory?.isDirectory()) {
      throw new PoolError('SPEC_INVALID', `agentRoot: ${spec.agentRoot} is not a directory`, {
        key: 'agentRoot',
      });
    }
    this.#keeper ??= await identify(process.pid);
    this.#refuseClosed();
    const worker = this.#spawn(spec, hash);
    // Known before the first await, so that a close meanwhile finds it.
    this.#workers.set(spec.agentId, worker);
    try {
      await worker.spawned();
      this.#record(worker);
    } catch (error) {
      // Without a record nobody would find the worker after a crash of this process: do not let it run.
      if (worker.identity) await worker.stop(0, 'the start failed');
      if (current) this.#workers.set(spec.agentId, current);
      else this.#workers.delete(spec.agentId);
      throw error;
    }
    const { engineId } = worker.handle;
    const { agentId, generation } = spec;
    this.#events.emit({ kind: 'started', agentId, generation, time: worker.startedAt, engineId });
    this.#watch ??= setInterval(() => void this.#lookAround(), this.#options.watchIntervalMs).unref();
    return worker.handle;
  }

  #spawn(spec: WorkerSpec, hash: string): WorkerProcess {
    try {
      return new WorkerProcess(spec, hash, this.#options, {
        tracked: (worker) => this.#recordAgain(worker),
        ended: (worker, exit) => this.#ended(worker, exit),
      });
    } catch (cause) {
      throw new PoolError('START_FAILED', 'the worker program could not be started', { cause });
    }
  }

  #record(worker: WorkerProcess): void {
    const { stateDir, ownerId } = this.#options;
    if (stateDir === undefined || !worker.identity || !this.#keeper) return;
    const { agentId, generation } = worker.spec;
    writeRecord(stateDir, {
      version: 1,
      ownerId,
      agentId,
      generation,
      boot: bootId(),
      worker: worker.identity,
      escaped: worker.escaped,
      keeper: this.#keeper,
    });
  }

  #recordAgain(worker: WorkerProcess): void {
    try {
      if (!worker.exit) this.#record(worker);
    } catch {
      // The first record stands; it names the worker, though not yet what left its group.
    }
  }

  #ended(worker: WorkerProcess, exit: WorkerExit): void {
    const { agentId, generation } = worker.spec;
    const { stateDir } = this.#options;
    try {
      if (stateDir !== undefined && worker.survivors.length === 0) removeRecord(stateDir, worker.spec);
    } catch {
      // The exit must be told in any case; the next sweep finds nobody alive and forgets the record.
    }
    this.#events.emit({ kind: 'exited', agentId, generation, time: new Date().toISOString(), exit });
  }

  async #lookAround(): Promise<void> {
    const running = [...this.#workers.values()].filter((worker) => !worker.exit);
    if (running.length === 0) return;
    const table = await readProcessTable().catch(() => undefined);
    if (table) for (const worker of running) worker.watch(table);
  }

  #find({ agentId, generation }: WorkerRef): WorkerProcess | undefined {
    const worker = this.#workers.get(agentId);
    return worker?.spec.generation === generation ? worker : undefined;
  }

  #refuseClosed(): void {
    if (this.#closed) throw new PoolError('CLOSED', 'the pool was closed');
  }

  /** Starts of one agent run one after the other: between the look and the spawn nobody else may start it. */
  #inTurn<T>(agentId: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(agentId) ?? Promise.resolve()).then(action, action);
    this.#turns.set(agentId, turn);
    const leave = (): void => {
      if (this.#turns.get(agentId) === turn) this.#turns.delete(agentId);
    };
    turn.then(leave, leave);
    return turn;
  }
}

function inspection(worker: WorkerProcess): WorkerInspection {
  const { agentId, generation, engineId, startedAt } = worker.handle;
  return {
    agentId,
    generation,
    engineId,
    startedAt,
    state: worker.exit ? 'exited' : 'running',
    level: LEVEL,
    attested: 'none',
    effective: {},
    ...(worker.exit ? { exit: worker.exit } : {}),
  };
}
